using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using MetaService.Security;

namespace MetaService.Server.Secrets;

/// <summary>
/// Keys that a program prints. No shell is involved, and what the program writes to its error stream is not shown.
/// </summary>
public sealed class KeyCommandSource(SecretOptions options) : IKeySource
{
    /// <summary>A program may ask a service elsewhere, so it is run less often than a file is looked at.</summary>
    private const int IntervalFactor = 12;

    private readonly string[] _words = options.KeyCommand!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    public string Name => $"the output of the key command {_words[0]}";

    public TimeSpan? ReloadInterval => options.ReloadInterval * IntervalFactor;

    public async Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.KeyCommandTimeout);
        using var process = Start();
        var output = GC.AllocateUninitializedArray<byte>(KeyringText.MaxBytes + 1, pinned: true);
        try
        {
            process.StandardInput.Close();
            var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, deadline.Token);
            var length = await process.StandardOutput.BaseStream
                .ReadAtLeastAsync(output, output.Length, throwOnEndOfStream: false, deadline.Token).ConfigureAwait(false);
            if (length > KeyringText.MaxBytes)
            {
                throw new SecretKeyException($"{Name} is over {KeyringText.MaxBytes} bytes");
            }

            await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return process.ExitCode == 0
                ? KeyringText.Parse(output.AsSpan(0, length), Name)
                : throw new SecretKeyException($"the key command {_words[0]} ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SecretKeyException(
                $"the key command {_words[0]} did not end within {options.KeyCommandTimeout.TotalSeconds:0.#} s");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(output);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start()
    {
        var info = new ProcessStartInfo(_words[0], _words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(info) ?? throw new SecretKeyException($"the key command {_words[0]} did not start");
        }
        catch (Win32Exception e)
        {
            throw new SecretKeyException($"the key command {_words[0]} cannot be run: {e.Message}", e);
        }
    }
}
