using System.Security.Cryptography;
using MetaService.Server.Settings;

namespace MetaService.Server.Hosting.Reload;

/// <summary>
/// Files that belong together and are watched by their content: a Kubernetes Secret changes by a switch of symbolic links, of
/// which neither names nor times of files tell.
/// </summary>
public sealed class WatchedFiles(params string[] paths)
{
    private const int MaxBytes = 1024 * 1024;

    private byte[]? _seen;

    /// <summary>The content of each file.</summary>
    /// <exception cref="SettingsException">A file cannot be read.</exception>
    public IReadOnlyList<byte[]> Read()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            var contents = paths.Select(ReadFile).ToList();
            foreach (var content in contents)
            {
                hash.AppendData(BitConverter.GetBytes(content.Length));
                hash.AppendData(content);
            }

            return contents;
        }
        catch (SettingsException e)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(e.Message));
            throw;
        }
        finally
        {
            _seen = hash.GetHashAndReset();
        }
    }

    /// <summary>The content of each file, or null while it is what it was the last time, be it good or bad.</summary>
    /// <exception cref="SettingsException">A file cannot be read, which it could the last time.</exception>
    public IReadOnlyList<byte[]>? ReadIfChanged()
    {
        var before = _seen;
        try
        {
            var contents = Read();
            return IsAsBefore(before) ? null : contents;
        }
        catch (SettingsException)
        {
            // Not a filter of the exception: filters run before the file's state is noted.
            if (IsAsBefore(before))
            {
                return null; // It has been told already.
            }

            throw;
        }
    }

    private bool IsAsBefore(byte[]? before) => before is not null && _seen.AsSpan().SequenceEqual(before);

    private static byte[] ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                throw new SettingsException($"{path} is over {MaxBytes} bytes");
            }

            var content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{path} cannot be read: {Reason(e)}");
        }
    }

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        UnauthorizedAccessException => "this user may not read it",
        _ => "reading failed",
    };
}
