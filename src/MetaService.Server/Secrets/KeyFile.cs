using System.Security.Cryptography;
using System.Text;
using MetaService.Security;
using MetaService.Storage.RocksDb;

namespace MetaService.Server.Secrets;

/// <summary>
/// A file that holds keys, in the form of <see cref="KeyringText"/>, and that nobody but its owner and group may read.
/// </summary>
public static class KeyFile
{
    private const string Heading =
        "# Keys that seal ak and sk in a MetaService store. Keep a copy apart from the data: without it they are lost.\n";

    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The keys in the file; null when there is no such file.</summary>
    /// <exception cref="SecretKeyException">It cannot be read, others may read it, or it holds no keyring.</exception>
    public static SecretKeyring? Read(string path)
    {
        var text = ReadText(path);
        if (text is null)
        {
            return null;
        }

        try
        {
            return KeyringText.Parse(text, NameOf(path));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Makes a file with a first key.</summary>
    /// <exception cref="SecretKeyException">It cannot be written.</exception>
    public static SecretKeyring Create(string path)
    {
        var key = SecretKey.Generate(1);
        Write(path, Heading + KeyringText.Line(key) + "\n");
        return new SecretKeyring([key], key.Id);
    }

    /// <summary>Adds a key with the next id, which is current only if it is the first. Makes the file if there is none.</summary>
    /// <returns>The key's id.</returns>
    /// <exception cref="SecretKeyException">The file cannot be used.</exception>
    public static long Add(string path)
    {
        if (Read(path) is not { } keyring)
        {
            return Create(path).Current!.Id;
        }

        var key = SecretKey.Generate(keyring.Ids.Max() + 1);
        Write(path, WithMark(path, keyring.Current!.Id) + KeyringText.Line(key) + "\n");
        return key.Id;
    }

    /// <summary>Makes another key of the file the current one.</summary>
    /// <exception cref="SecretKeyException">The file cannot be used, or does not hold the key.</exception>
    public static void MakeCurrent(string path, long keyId)
    {
        var keyring = Read(path) ?? throw new SecretKeyException($"{NameOf(path)} is missing");
        if (keyring.Find(keyId) is null)
        {
            throw new SecretKeyException($"{NameOf(path)} does not hold key {keyId}; it holds {string.Join(", ", keyring.Ids)}");
        }

        Write(path, WithMark(path, keyId));
    }

    /// <summary>What messages call the file.</summary>
    internal static string NameOf(string path) => $"the key file {path}";

    /// <summary>The text of a valid file with the mark behind one key only.</summary>
    private static string WithMark(string path, long keyId)
    {
        var lines = Encoding.UTF8.GetString(ReadText(path)!).Split('\n', StringSplitOptions.TrimEntries);
        var marked = lines.Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) switch
        {
            [] or [['#', ..], ..] => line,
            [var id, var key, ..] when long.Parse(id, System.Globalization.CultureInfo.InvariantCulture) == keyId =>
                $"{id} {key} {KeyringText.CurrentMark}",
            [var id, var key, ..] => $"{id} {key}",
            _ => line,
        });
        return string.Join('\n', marked).TrimEnd('\n') + "\n";
    }

    private static byte[]? ReadText(string path)
    {
        try
        {
            const FileShare Any = FileShare.ReadWrite | FileShare.Delete;
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, Any, bufferSize: 0);
            RequirePrivate(path, file);
            if (file.Length > KeyringText.MaxBytes)
            {
                throw new SecretKeyException($"{NameOf(path)} is over {KeyringText.MaxBytes} bytes; it is no key file");
            }

            var text = GC.AllocateUninitializedArray<byte>((int)file.Length, pinned: true);
            file.ReadExactly(text);
            return text;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretKeyException($"{NameOf(path)} cannot be read: {e.Message}", e);
        }
    }

    private static void RequirePrivate(string path, FileStream file)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var mode = File.GetUnixFileMode(file.SafeFileHandle);
        if ((mode & Others) != 0)
        {
            throw new SecretKeyException(
                $"{NameOf(path)} is open to every user of this machine (mode {Convert.ToString((int)mode, 8)}); "
                + $"run: chmod 600 {path}");
        }
    }

    /// <summary>That of the file there is; for its owner only if there is none.</summary>
    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() || !File.Exists(path)
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite
            : File.GetUnixFileMode(path);

    private static void Write(string path, string text)
    {
        try
        {
            DurableFiles.WriteAllText(Path.GetFullPath(path), text, ModeOf(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretKeyException($"{NameOf(path)} cannot be written: {e.Message}", e);
        }
    }
}
