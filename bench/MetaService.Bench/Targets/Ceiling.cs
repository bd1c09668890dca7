using System.Net;
using MetaService.Bench.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;

namespace MetaService.Bench.Targets;

/// <summary>
/// A bare Kestrel that answers every request with the same bytes: as fast as a server on it could be. It is a process of its own, this
/// program with the command <see cref="Command"/>.
/// </summary>
internal sealed class Ceiling(ChildProcess process, Uri address, HttpClient http) : ITarget
{
    /// <summary>The command that serves: its arguments are a port, a content type and a file with the body.</summary>
    public const string Command = "ceiling";

    public Uri Address => address;

    public ChildProcess Process => process;

    /// <summary>Starts one that answers as a server answers a request now.</summary>
    /// <exception cref="BenchException">It does not answer the same bytes.</exception>
    public static async Task<Ceiling> StartAsync(
        Uri original, string method, string path, string? body, string directory, CancellationToken cancellationToken)
    {
        var wanted = await RawReply.FetchAsync(original, method, path, body, cancellationToken);
        var file = System.IO.Path.Combine(directory, "reply");
        await File.WriteAllBytesAsync(file, wanted.Body, cancellationToken);
        var address = new Uri($"http://127.0.0.1:{Machine.FreePort()}");
        string[] command =
            [Environment.ProcessPath!, typeof(Ceiling).Assembly.Location, Command, $"{address.Port}", wanted.ContentType, file];
        var ceiling = new Ceiling(ChildProcess.Start(command, directory), address, new HttpClient());
        try
        {
            await ceiling.Process.WaitUntilReadyAsync(ceiling.Http, address, cancellationToken);
            var given = await RawReply.FetchAsync(address, method, path, body, cancellationToken);
            return given.IsSame(wanted)
                ? ceiling
                : throw new BenchException($"the ceiling answers other bytes:\n{given.Head}\ninstead of\n{wanted.Head}");
        }
        catch
        {
            await ceiling.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves until the process is ended.</summary>
    public static async Task ServeAsync(int port, string contentType, string file)
    {
        ReadOnlyMemory<byte> body = await File.ReadAllBytesAsync(file);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.ContentType = contentType;
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        await app.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await process.DisposeAsync();
    }

    private HttpClient Http => http;
}
