namespace Eisen.Serve.Handlers.Images;

/// <summary>A rectangle of pixels.</summary>
/// <param name="Left">Its first column.</param>
/// <param name="Top">Its first row.</param>
/// <param name="Width">How many columns it has.</param>
/// <param name="Height">How many rows it has.</param>
public readonly record struct PixelBox(int Left, int Top, int Width, int Height);
