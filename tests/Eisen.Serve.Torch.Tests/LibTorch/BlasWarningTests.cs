using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Torch.Tests.LibTorch;

public class BlasWarningTests
{
    private const string Libraries = "/usr/lib/x86_64-linux-gnu";

    [Fact]
    public void For_ReferenceBlas_SaysWhichAndWhatToInstall()
    {
        string warning = BlasWarning.For([$"{Libraries}/libtorch_cpu.so.1.13.1", $"{Libraries}/blas/libblas.so.3.11.0"]).ShouldNotBeNull();

        warning.ShouldContain($"the reference BLAS ({Libraries}/blas/libblas.so.3.11.0)");
        warning.ShouldContain("Install libopenblas0-openmp");
    }

    [Fact]
    public void For_OpenBlasWithItsOwnThreads_SaysWhichAndWhatToInstall()
    {
        string warning = BlasWarning.For(
            [$"{Libraries}/openblas-pthread/libblas.so.3", $"{Libraries}/openblas-pthread/libopenblasp-r0.3.21.so"]).ShouldNotBeNull();

        warning.ShouldContain($"({Libraries}/openblas-pthread/libopenblasp-r0.3.21.so)");
        warning.ShouldContain("Install libopenblas0-openmp, and build the server again");
    }

    [Theory]
    [InlineData("openblas-openmp/libblas.so.3", "openblas-openmp/libopenblasp-r0.3.21.so")]
    [InlineData("openblas-serial/libblas.so.3", "openblas-serial/libopenblas-r0.3.21.so")]
    [InlineData("blis-openmp/libblas.so.3.1.0", "libblis.so.4")]
    [InlineData("atlas/libblas.so.3.10.3", "libatlas.so.3")]
    [InlineData("libmkl_rt.so.2", "libmkl_core.so.2")]
    [InlineData("libtorch_cpu.so", "libgomp.so.1.0.0")]
    [InlineData("libcublas.so.11", "libcublasLt.so.11")]
    public void For_FastBlasOrNone_SaysNothing(string first, string second) =>
        BlasWarning.For([$"{Libraries}/{first}", $"{Libraries}/{second}"]).ShouldBeNull();

    [Fact]
    public void MappedPaths_LinesOfTheKernel_AreTheFilesOnce() =>
        BlasWarning.MappedPaths(
        [
            $"7f3ff4397000-7f3ff43a0000 r--p 00000000 fe:00 1234   {Libraries}/openblas-openmp/libblas.so.3",
            $"7f3ff43a0000-7f3ff43b0000 r-xp 00009000 fe:00 1234   {Libraries}/openblas-openmp/libblas.so.3",
            "7f3ff43b0000-7f3ff43c0000 rw-p 00000000 00:00 0",
            "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0        [stack]",
            "7f3ff43c0000-7f3ff43d0000 r-xp 00000000 fe:00 99       /opt/a folder/libx.so",
        ]).ShouldBe([$"{Libraries}/openblas-openmp/libblas.so.3", "/opt/a folder/libx.so"]);

    [Fact]
    public void Warnings_OpenBlasOnOpenMPInstalled_AreNone() => new LibTorchEngine().Warnings.ShouldBeEmpty();
}
