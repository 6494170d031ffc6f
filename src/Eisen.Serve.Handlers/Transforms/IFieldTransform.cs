using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>One step of an Eisen pre- or post-processing: it changes the fields of one request. One instance serves all
/// requests, so it keeps no state between calls and may be called from several threads at once.</summary>
public interface IFieldTransform
{
    /// <summary>Changes the fields. An array of a field is never written to, as it may lie in the request's own memory; a new one
    /// is handed to <see cref="FieldDictionary.Own"/>.</summary>
    /// <exception cref="BadInputException">A field is missing, or holds what the transform cannot use.</exception>
    void Apply(FieldDictionary fields);
}
