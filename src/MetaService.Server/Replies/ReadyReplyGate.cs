using System.Buffers;
using System.Collections.Frozen;
using System.IO.Pipelines;
using MetaService.Server.Access;
using MetaService.Server.Http;
using MetaService.Server.Limits;
using Microsoft.Extensions.Primitives;

namespace MetaService.Server.Replies;

/// <summary>
/// Answers a read from what is kept, before it is routed. It asks the same as an endpoint does: who calls, whether he may, and
/// whether the call is within the rate limits. Whatever is not plainly so is left to the endpoint, which answers or refuses it as
/// if there were no shortcut.
/// </summary>
/// <remarks>
/// Such a call takes no place among those that work, since it does none, and so is answered under any load. Parameters that are
/// given twice need no check: with them there never was a success to keep.
/// </remarks>
public sealed class ReadyReplyGate(RequestDelegate next, ReadPaths paths, ReadyReplies replies, AccessGate gate, LoadControl load)
{
    private static readonly StringValues ContentType = Reply.Json;

    private readonly FrozenDictionary<string, ReadPath> _reads = paths.All.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context) =>
        context.Request.Path.Value is { } path && _reads.TryGetValue(path, out var read) &&
        HttpApi.IsAnswered(context.Request.Method)
            ? AnswerAsync(context, read)
            : next(context);

    private Task AnswerAsync(HttpContext context, ReadPath read)
    {
        var state = RequestState.Of(context);
        state.Caller = gate.Identify(context);
        if (state.Caller?.Has(read.Scope) != true)
        {
            return next(context);
        }

        var reply = read.HasBody ? FindByBody(context, read, state) : Find(context, read, state, ReadOnlySequence<byte>.Empty);
        return reply is null ? next(context) : SendAsync(context, read, state, reply);
    }

    private ReadyReply? FindByBody(HttpContext context, ReadPath read, RequestState state)
    {
        if (context.Request.ContentLength is not (> 0 and <= ReplyKey.MaxBytes))
        {
            return null;
        }

        var reader = context.Request.BodyReader;
        if (!TryRead(reader, out var body))
        {
            return null;
        }

        var reply = body.IsCompleted ? Find(context, read, state, body.Buffer) : null;
        reader.AdvanceTo(reply is null ? body.Buffer.Start : body.Buffer.End);
        return reply;
    }

    private static bool TryRead(PipeReader reader, out ReadResult body)
    {
        try
        {
            return reader.TryRead(out body);
        }
        catch (Exception e) when (e is BadHttpRequestException or IOException or OperationCanceledException)
        {
            // The client does not keep to HTTP or has gone: the endpoint meets the same and knows what to do.
            body = default;
            return false;
        }
    }

    private ReadyReply? Find(HttpContext context, ReadPath read, RequestState state, in ReadOnlySequence<byte> body)
    {
        Span<byte> buffer = stackalloc byte[ReplyKey.MaxBytes];
        var length = ReplyKey.Write(buffer, read.Number, !state.ShowsSecrets, context.Request.QueryString.Value, body);
        if (length == 0)
        {
            return null;
        }

        var key = buffer[..length];
        if (replies.Find(key) is not { } reply)
        {
            state.ReplyKey = key.ToArray();
            return null;
        }

        return load.TryCount(read.Name, reply.InstanceId) ? reply : null;
    }

    private static Task SendAsync(HttpContext context, ReadPath read, RequestState state, ReadyReply reply)
    {
        state.Route = read.Name;
        state.InstanceId = reply.InstanceId;
        var response = context.Response;
        response.Headers.ContentType = ContentType;
        response.ContentLength = reply.Body.Length;
        var writing = response.BodyWriter.WriteAsync(reply.Body, CancellationToken.None);
        return writing.IsCompletedSuccessfully ? Task.CompletedTask : writing.AsTask();
    }
}
