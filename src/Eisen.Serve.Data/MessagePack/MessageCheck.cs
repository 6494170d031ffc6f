using System.Text;
using System.Text.Unicode;

namespace Eisen.Serve.Data;

/// <summary>
/// Walks through a whole message and allocates nothing: what is built afterwards is known to be there, and not to be more
/// than it may be.
/// </summary>
internal ref struct MessageCheck
{
    private readonly ReadOnlySpan<byte> message;
    private MessagePackReader reader;
    private int values;
    private MessagePackToken? field;

    private MessageCheck(ReadOnlySpan<byte> message)
    {
        this.message = message;
        reader = new MessagePackReader(message);
    }

    /// <exception cref="DataFormatException">The message is not one of Eisen's.</exception>
    public static void Run(ReadOnlySpan<byte> message)
    {
        MessageCheck check = new(message);
        try
        {
            check.Value(depth: 0);
            if (check.reader.Left > 0)
                throw new DataFormatException($"{check.reader.Left} bytes follow after the value, which ends at byte {check.reader.Position}");
        }
        catch (DataFormatException mistake) when (check.field is { } token)
        {
            ReadOnlySpan<byte> name = token.ContentIn(message);
            throw new DataFormatException($"field {PrintableText.Quoted(Encoding.UTF8.GetString(name[..Math.Min(name.Length, 200)]))}: {mistake.Message}");
        }
    }

    private MessagePackToken Value(int depth)
    {
        MessagePackToken token = reader.Read();
        if (++values > EisenMessagePack.MaxValues)
            throw new DataFormatException($"the message has more than {EisenMessagePack.MaxValues} values; many numbers travel as an array");
        if (depth > FieldValue.MaxDepth)
            throw new DataFormatException($"the message is nested deeper than {FieldValue.MaxDepth} levels");
        switch (token.Kind)
        {
            case MessagePackKind.Text when !Utf8.IsValid(token.ContentIn(message)):
                throw new DataFormatException($"the string at byte {token.Position} is not UTF-8");
            case MessagePackKind.List:
                for (int i = 0; i < token.Count; i++)
                    Value(depth + 1);
                break;
            case MessagePackKind.Map:
                Map(token.Count, depth);
                break;
        }

        return token;
    }

    private void Map(int count, int depth)
    {
        ArrayParts parts = default;
        for (int i = 0; i < count; i++)
        {
            MessagePackToken key = Value(depth + 1);
            if (key.Kind != MessagePackKind.Text)
                throw new DataFormatException($"the key at byte {key.Position} is {MessagePackReader.NameOf(key.Kind)}; keys are strings");
            if (depth == 0)
                field = key;
            parts.Note(key.ContentIn(message), Value(depth + 1));
            if (depth == 0)
                field = null;
        }

        if (parts.AreThere)
            parts.Check(message);
    }
}
