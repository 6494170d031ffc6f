namespace Eisen.Serve.TorchSharp.Scripts;

/// <summary>Finds its way in TorchScript's code: over brackets and strings.</summary>
internal static class ScriptText
{
    /// <summary>The parts of a text that commas separate, where those are not in brackets or strings.</summary>
    public static IEnumerable<string> Parts(string text)
    {
        int start = 0;
        for (int end = Find(text, 0, ','); end >= 0; end = Find(text, start, ','))
        {
            yield return text[start..end];
            start = end + 1;
        }

        if (text[start..].Trim().Length > 0)
            yield return text[start..];
    }

    /// <summary>Where a character stands that is not in brackets or strings; -1 for nowhere before the bracket that encloses the
    /// start ends.</summary>
    public static int Find(string text, int start, char wanted)
    {
        int depth = 0;
        for (int i = start; i < text.Length; i++)
        {
            char each = text[i];
            if (depth == 0 && each == wanted)
                return i;
            if (each is '(' or '[' or '{')
                depth++;
            else if (each is ')' or ']' or '}' && --depth < 0)
                return -1;
            else if (each is '"' or '\'')
                i = EndOfString(text, i);
        }

        return -1;
    }

    private static int EndOfString(string text, int start)
    {
        int i = start + 1;
        while (i < text.Length && text[i] != text[start])
            i += text[i] == '\\' ? 2 : 1;
        return i;
    }
}
