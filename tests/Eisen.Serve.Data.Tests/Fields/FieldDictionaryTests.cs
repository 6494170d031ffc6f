namespace Eisen.Serve.Data.Tests.Fields;

public sealed class FieldDictionaryTests
{
    [Fact]
    public void Set_NameThatIsThere_KeepsItsPlace()
    {
        using FieldDictionary fields = new() { ["a"] = new FieldValue.Integer(1), ["b"] = new FieldValue.Integer(2) };
        fields["a"] = new FieldValue.Integer(3);
        fields["c"] = new FieldValue.Integer(4);

        fields.Names.ShouldBe(["a", "b", "c"]);
        fields["a"].ShouldBe(new FieldValue.Integer(3));
    }

    [Fact]
    public void DisposeUnheld_FieldsTakenAwayAndKept_LeavesWhatIsHeldInPart()
    {
        using FieldDictionary fields = new();
        NDArray gone = fields.Own(NDArray.Allocate(DType.UInt8, [8]));
        NDArray viewed = fields.Own(NDArray.Allocate(DType.UInt8, [8]));
        NDArray listed = fields.Own(NDArray.Allocate(DType.UInt8, [8]));
        NativeBuffer file = fields.Own(new NativeBuffer(8));
        file.GetSpan(8);
        file.Advance(8);
        fields["gone"] = new FieldValue.Array(gone);
        fields["view"] = new FieldValue.Array(NDArray.Wrap(DType.UInt8, [1, 4], viewed.Memory[2..6]));
        fields["list"] = new FieldValue.List([new FieldValue.Map([new("x", new FieldValue.Array(listed))])]);
        fields["file"] = new FieldValue.Bytes(file.Written);
        fields.Remove("gone");

        fields.DisposeUnheld();

        Should.Throw<ObjectDisposedException>(() => gone.AsSpan<byte>()[0]);
        viewed.AsSpan<byte>().Length.ShouldBe(8);
        listed.AsSpan<byte>().Length.ShouldBe(8);
        file.Written.Span.Length.ShouldBe(8);
    }

    [Fact]
    public void Dispose_ArraysInFieldsAndNot_DisposesAllItOwns()
    {
        FieldDictionary fields = new();
        NDArray inField = fields.Own(NDArray.Allocate(DType.UInt8, [8]));
        NDArray inNone = fields.Own(NDArray.Allocate(DType.UInt8, [8]));
        fields["a"] = new FieldValue.Array(inField);
        fields.Dispose();

        Should.Throw<ObjectDisposedException>(() => inField.AsSpan<byte>()[0]);
        Should.Throw<ObjectDisposedException>(() => inNone.AsSpan<byte>()[0]);
    }
}
