using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Gets the fields that a transform cannot do without, or tells what is there instead.</summary>
internal static class RequiredFields
{
    private const int MostNamesTold = 20;

    extension(FieldDictionary fields)
    {
        /// <summary>Gets a field.</summary>
        /// <param name="transform">The transform's name, for the message.</param>
        /// <param name="name">The field's.</param>
        /// <exception cref="BadInputException">There is none.</exception>
        public FieldValue Require(string transform, string name)
        {
            if (fields.TryGet(name, out FieldValue? value))
                return value;

            string told = string.Join(", ", fields.Names.Take(MostNamesTold).Select(PrintableText.Quoted));
            string rest = fields.Names.Count > MostNamesTold ? $" and {fields.Names.Count - MostNamesTold} more" : "";
            throw new BadInputException($"{transform}: there is no field {PrintableText.Quoted(name)}; there {(fields.Names.Count == 0 ? "are none" : $"are {told}{rest}")}");
        }

        /// <summary>Gets a field that must be an array.</summary>
        /// <param name="transform">The transform's name, for the message.</param>
        /// <param name="name">The field's.</param>
        /// <exception cref="BadInputException">There is none, or it is something else.</exception>
        public FieldArray RequireArray(string transform, string name)
        {
            FieldValue value = fields.Require(transform, name);
            return value is FieldValue.Array array
                ? new FieldArray(fields, transform, name, array.Elements)
                : throw new BadInputException($"{transform}: field {PrintableText.Quoted(name)} must be an array, not {value.Kind}");
        }

        /// <summary>Gets a field that must be bytes.</summary>
        /// <param name="transform">The transform's name, for the message.</param>
        /// <param name="name">The field's.</param>
        /// <param name="wanted">What the bytes must be, for the message.</param>
        /// <exception cref="BadInputException">There is none, or it is something else.</exception>
        public ReadOnlyMemory<byte> RequireBytes(string transform, string name, string wanted)
        {
            FieldValue value = fields.Require(transform, name);
            return value is FieldValue.Bytes bytes
                ? bytes.Content
                : throw new BadInputException($"{transform}: field {PrintableText.Quoted(name)} must be {wanted}, not {value.Kind}");
        }
    }

    extension(FieldValue value)
    {
        /// <summary>What kind of value it is, for messages.</summary>
        public string Kind => value switch
        {
            FieldValue.Array array => $"the array {array.Elements}",
            FieldValue.Text => "a text",
            FieldValue.Bytes => "bytes",
            FieldValue.Integer or FieldValue.Float => "a number",
            FieldValue.Bool => "a truth value",
            FieldValue.List => "a list",
            FieldValue.Map => "a map",
            _ => "nothing",
        };
    }
}
