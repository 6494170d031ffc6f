using System.Buffers.Binary;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>Puts a NIfTI-1 header together, in little-endian order.</summary>
internal readonly ref struct NiftiHeaderWriter(Span<byte> bytes)
{
    private readonly Span<byte> bytes = bytes;

    public void Write(NiftiHeader header)
    {
        bytes[..NiftiHeader.DataOffset].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, NiftiHeader.Length);
        bytes[38] = (byte)'r';
        WriteInt16(40, header.Shape.Length);
        for (int i = 0; i < NiftiHeader.MaxDimensions; i++)
        {
            WriteInt16(42 + 2 * i, i < header.Shape.Length ? header.Shape[i] : 1);
            WriteSingle(80 + 4 * i, i < header.Spacing.Length ? header.Spacing[i] : 1);
        }

        WriteInt16(70, header.Type.Code);
        WriteInt16(72, header.Type.ItemSize * 8);
        WriteSingle(108, NiftiHeader.DataOffset);
        WriteSingle(112, header.Slope);
        WriteSingle(116, header.Intercept);
        WriteSpace(header.Space);
        "n+1\0"u8.CopyTo(bytes[344..]);
    }

    private void WriteSpace(VolumeSpace space)
    {
        RotationForm rotation = space.Rotation;
        WriteSingle(76, rotation.Factor);
        WriteSingle(80, space.Spacing.X);
        WriteSingle(84, space.Spacing.Y);
        WriteSingle(88, space.Spacing.Z);
        bytes[123] = space.Units;
        WriteInt16(252, rotation.Code);
        WriteInt16(254, space.StandardCode);
        WriteSingle(256, rotation.B);
        WriteSingle(260, rotation.C);
        WriteSingle(264, rotation.D);
        WriteSingle(268, rotation.X);
        WriteSingle(272, rotation.Y);
        WriteSingle(276, rotation.Z);
        WriteRow(280, space.Standard.X);
        WriteRow(296, space.Standard.Y);
        WriteRow(312, space.Standard.Z);
    }

    private void WriteRow(int offset, AffineRow row)
    {
        WriteSingle(offset, row.X);
        WriteSingle(offset + 4, row.Y);
        WriteSingle(offset + 8, row.Z);
        WriteSingle(offset + 12, row.Offset);
    }

    private void WriteInt16(int offset, long value) => BinaryPrimitives.WriteInt16LittleEndian(bytes[offset..], checked((short)value));

    private void WriteSingle(int offset, double value) => BinaryPrimitives.WriteSingleLittleEndian(bytes[offset..], (float)value);
}
