namespace Eisen.Serve.Handlers;

/// <summary>A request's header fields, by names without regard to case.</summary>
/// <param name="fields">Names with their values.</param>
public sealed class RequestHeaders(IReadOnlyList<KeyValuePair<string, string>> fields)
{
    /// <summary>No header fields.</summary>
    public static RequestHeaders None { get; } = new([]);

    /// <summary>The fields in the order in which they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields => fields;

    /// <summary>A field's value, or null when it was not sent.</summary>
    public string? this[string name]
    {
        get
        {
            // A request has a dozen of them: looking is quicker than making a table.
            for (int i = 0; i < fields.Count; i++)
            {
                if (string.Equals(fields[i].Key, name, StringComparison.OrdinalIgnoreCase))
                    return fields[i].Value;
            }

            return null;
        }
    }
}
