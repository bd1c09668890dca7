using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Server.Http;
using MetaService.Server.Limits;

namespace MetaService.Server.Rpc;

/// <summary>What a caller of a gRPC endpoint must be allowed.</summary>
/// <param name="Name">The RPC; null for what is no RPC of the catalogue and needs no more than a known caller.</param>
/// <param name="Scope">The scope it needs.</param>
public sealed record RpcAccess(string? Name, Scopes Scope);

/// <summary>
/// Decides about gRPC calls before their message is read. Who may not call gets a gRPC status; a call too many gets a response
/// whose
/// <c>status</c> says so, which is what nodes look at.
/// </summary>
public sealed class RpcGate(RequestDelegate next, AccessGate gate, LoadControl load)
{
    private const string ContentType = "application/grpc";
    private const int StatusField = 1;

    private static readonly byte[] Overloaded = ResponseOf(RpcCode.StatusOf(Admittance.Overloaded));

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RpcAccess>() is not { } access)
        {
            return next(context);
        }

        var state = RequestState.Of(context);
        state.Caller = gate.IdentifyGrpc(context);
        return state.Caller is { } caller && caller.Has(access.Scope) && access.Name is null
            ? next(context)
            : DecideAsync(context, state.Caller, access);
    }

    private async Task DecideAsync(HttpContext context, Caller? caller, RpcAccess access)
    {
        try
        {
            if (caller?.Has(access.Scope) != true)
            {
                await load.PaceAsync(context.RequestAborted).ConfigureAwait(false);
                Refuse(context, caller, access);
                return;
            }

            if (await load.RefusesAsync(context.RequestAborted).ConfigureAwait(false))
            {
                await RefuseLoadAsync(context).ConfigureAwait(false);
                return;
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            RequestLog.SetCode(context, "CLIENT_GONE");
            return;
        }

        await next(context).ConfigureAwait(false);
    }

    private static string Unknown(HttpContext context) => AccessGate.HasToken(context.Request)
        ? "the token is not accepted"
        : $"{context.Connection.RemoteIpAddress} is in none of the networks that may call without a token: add its network to " +
          "the server's setting Rpc:AllowedNetworks (METASERVICE__RPC__ALLOWEDNETWORKS__0), or send the metadata " +
          "'authorization: Bearer TOKEN'";

    private static string Lacking(Caller caller, RpcAccess access) => caller.Name == Caller.NetworkName
        ? $"{access.Name} needs the scope {ScopeNames.Text(access.Scope)}, which the server's setting Rpc:Scopes does not give"
        : $"the token {caller.Name} lacks the scope {ScopeNames.Text(access.Scope)}, which {access.Name} needs";

    private static void Refuse(HttpContext context, Caller? caller, RpcAccess access)
    {
        var code = caller is null ? StatusCode.Unauthenticated : StatusCode.PermissionDenied;
        var message = caller is null ? Unknown(context) : Lacking(caller, access);
        RequestLog.SetCode(context, code.ToString());
        context.Response.ContentType = ContentType;
        context.Response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = PercentEncoded(message);
    }

    private static async Task RefuseLoadAsync(HttpContext context)
    {
        RequestLog.SetCode(context, RpcCode.NameOf(MetaServiceCode.MaxQpsLimit));
        context.Response.ContentType = ContentType;
        context.Response.Headers.RetryAfter = LoadControl.RetryAfter;
        await context.Response.BodyWriter.WriteAsync(Overloaded, context.RequestAborted).ConfigureAwait(false);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    // Printable ASCII but for the percent sign goes as it is, as gRPC wants it.
    private static string PercentEncoded(string message)
    {
        var encoded = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message))
        {
            var isPlain = b is >= 0x20 and <= 0x7e and not (byte)'%';
            _ = isPlain ? encoded.Append((char)b) : encoded.Append('%').Append(b.ToString("X2", null));
        }

        return encoded.ToString();
    }

    /// <summary>A gRPC message with a response of whatever type: in all of them <c>status</c> is the first field.</summary>
    private static byte[] ResponseOf(MetaServiceResponseStatus status)
    {
        const int FrameHead = 5; // A byte for compression and four for the length.
        using var message = new MemoryStream();
        var output = new CodedOutputStream(message);
        output.WriteTag(StatusField, WireFormat.WireType.LengthDelimited);
        output.WriteMessage(status);
        output.Flush();
        var frame = new byte[FrameHead + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), (int)message.Length);
        message.ToArray().CopyTo(frame, FrameHead);
        return frame;
    }
}
