namespace Eisen.Serve.Conformance;

/// <summary>A place where our answer is not TorchServe's.</summary>
/// <param name="Place"><c>status</c>, <c>reason</c>, <c>header NAME</c>, <c>chunks</c>, <c>body</c>, <c>body PATH</c> with
/// every array's index as <c>*</c>, or <c>answer</c> where TorchServe gave none.</param>
/// <param name="Theirs">What TorchServe has there; null for nothing.</param>
/// <param name="Ours">What we have there; null for nothing.</param>
internal sealed record AnswerDifference(string Place, string? Theirs, string? Ours)
{
    public override string ToString() => $"{Place}: TorchServe {Theirs ?? "(nothing)"}, here {Ours ?? "(nothing)"}";
}
