namespace Eisen.Serve.Data.Tests.Fields;

public sealed class FieldDictionaryTests
{
    [Fact]
    public void Array_FieldHoldsOne_IsThatArray()
    {
        using FieldDictionary fields = new();
        NDArray image = fields.Own(NDArray.Copy<float>([1, 2], 2));
        fields["image"] = image;

        fields.Array("image").ShouldBeSameAs(image);
    }

    [Fact]
    public void Array_FieldHoldsSomethingElse_SaysWhat()
    {
        using FieldDictionary fields = new();
        fields["note"] = "done";

        fields["note"].ShouldBe(new FieldValue.Text("done"));
        Should.Throw<InvalidOperationException>(() => fields.Array("note")).Message.ShouldBe("Field 'note' holds no array, but Text.");
    }

    [Fact]
    public void Array_NoSuchField_NamesThoseThatThereAre()
    {
        using FieldDictionary fields = new();
        fields["note"] = "done";
        fields["extra"] = FieldValue.None.Instance;

        Should.Throw<KeyNotFoundException>(() => fields.Array("image")).Message.ShouldBe("There is no field 'image', but 'note', 'extra'.");
    }
}
