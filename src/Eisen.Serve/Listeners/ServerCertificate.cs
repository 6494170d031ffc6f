using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Eisen.Serve.Listeners;

/// <summary>What the server proves its name with.</summary>
/// <param name="Certificate">Its certificate, with the private key.</param>
/// <param name="Chain">The certificates that vouch for it.</param>
internal sealed record ServerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <summary>Reads a PEM certificate, followed by those that vouch for it, and its key: PKCS #8 or OpenSSL's older forms.</summary>
    /// <exception cref="CryptographicException">A file has something else, or they do not belong together.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ServerCertificate FromPem(string certificateFile, string keyFile)
    {
        X509Certificate2Collection all = [];
        all.ImportFromPemFile(certificateFile);
        X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        return new ServerCertificate(certificate, [.. all.Where(other => !other.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))]);
    }

    /// <summary>Reads a PKCS #12 file; of several certificates the first one with a key.</summary>
    /// <exception cref="CryptographicException">The file has something else, or the password is wrong.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ServerCertificate FromKeystore(string file, string password)
    {
        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password, X509KeyStorageFlags.EphemeralKeySet);
        X509Certificate2 certificate = all.FirstOrDefault(candidate => candidate.HasPrivateKey)
            ?? throw new CryptographicException("it has no private key");
        return new ServerCertificate(certificate, [.. all.Where(other => other != certificate)]);
    }
}
