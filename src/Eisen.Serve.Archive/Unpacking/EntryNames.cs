using System.Globalization;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>
/// The names that an archive's entries may have. A name that passes stays inside the unpack folder on every
/// operating system, and no two names mean the same file on any of them.
/// </summary>
internal sealed class EntryNames(ArchiveSource source, UnpackBudget budget)
{
    // The longest name of one file on the file systems in use, in UTF-8 bytes.
    private const int MostComponentBytes = 255;

    private readonly Dictionary<string, Known> known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks an entry's name and remembers it, together with the folders above it.</summary>
    /// <param name="name">The name as the archive has it, with <c>/</c> between components and none at the end.</param>
    /// <param name="isFolder">Whether the entry is a folder.</param>
    /// <exception cref="ArchiveException">The name is refused.</exception>
    public void Add(string name, bool isFolder)
    {
        Check(name);
        for (int slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', slash + 1))
            Remember(name[..slash], isFolder: true, isImplied: true);
        Remember(name, isFolder, isImplied: false);
    }

    private void Remember(string name, bool isFolder, bool isImplied)
    {
        // Composed and decomposed accents are one name on some file systems. Where the process runs without
        // culture data this changes nothing, and creating the file, which must be new, is the check.
        string key = name.Normalize(NormalizationForm.FormC);
        if (!this.known.TryGetValue(key, out Known known))
        {
            budget.AddEntry();
            this.known.Add(key, new Known(name, isFolder, isImplied));
            return;
        }

        if (known.Name != name)
            throw source.Fault($"entries {PrintableText.Quoted(known.Name)} and {PrintableText.Quoted(name)} differ only in case or in how accents are written.");
        if (known.IsFolder != isFolder)
            throw source.Fault($"entry {PrintableText.Quoted(name)} is both a file and a folder.");
        if (isImplied)
            return;
        if (!known.IsImplied)
            throw source.Fault($"entry {PrintableText.Quoted(name)} occurs twice.");
        this.known[key] = known with { IsImplied = false };
    }

    private void Check(string name)
    {
        if (name.Length == 0)
            throw source.Fault("an entry has an empty name.");
        if (name.Length > source.Limits.MaxPathLength)
            throw Refused(name, $"is longer than {source.Limits.MaxPathLength} characters");
        foreach (char c in name)
        {
            if (char.IsControl(c))
                throw Refused(name, "has a control character in its name");
            if (c == '\\')
                throw Refused(name, "has a backslash in its name");
            if (c == ':')
                throw Refused(name, "has a colon in its name, which names a drive or a stream on Windows");
            if (c == '\uFFFD')
                throw Refused(name, "has a name that is not valid text");
        }

        if (name[0] == '/')
            throw Refused(name, "has an absolute path");

        int depth = 0;
        foreach (Range range in name.AsSpan().Split('/'))
        {
            if (++depth > source.Limits.MaxDepth)
                throw Refused(name, $"lies more than {source.Limits.MaxDepth} folders deep");
            CheckComponent(name, name.AsSpan()[range]);
        }
    }

    private void CheckComponent(string name, ReadOnlySpan<char> component)
    {
        if (component.IsEmpty)
            throw Refused(name, "has an empty component in its path");
        if (component is "..")
            throw Refused(name, "has '..' in its path");
        if (component[^1] is '.' or ' ')
            throw Refused(name, "has a component that ends with a dot or a space");
        if (IsDeviceName(component))
            throw Refused(name, "is the name of a device on Windows");
        if (Encoding.UTF8.GetByteCount(component) > MostComponentBytes)
            throw Refused(name, $"has a component longer than {MostComponentBytes} bytes");
    }

    private static bool IsDeviceName(ReadOnlySpan<char> component)
    {
        int dot = component.IndexOf('.');
        ReadOnlySpan<char> stem = (dot < 0 ? component : component[..dot]).TrimEnd(' ');
        foreach (string device in (ReadOnlySpan<string>)["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"])
        {
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        // Windows takes the superscript digits 1 to 3 for digits here.
        return stem.Length == 4
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && (char.IsAsciiDigit(stem[3]) || stem[3] is '\u00B9' or '\u00B2' or '\u00B3');
    }

    private ArchiveException Refused(string name, string reason) =>
        source.Fault(string.Create(CultureInfo.InvariantCulture, $"entry {PrintableText.Quoted(name)} {reason}."));

    private readonly record struct Known(string Name, bool IsFolder, bool IsImplied);
}
