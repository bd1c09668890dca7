using System.Buffers;
using System.Text;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Server.Limits;
using MetaService.Server.Replies;

namespace MetaService.Server.Http;

/// <summary>Writes replies.</summary>
public static class Reply
{
    /// <summary>The content type of JSON.</summary>
    internal const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";

    // Most results fit into it.
    private const int UsualResult = 8192;

    private static readonly byte[] Success = Envelope(HttpCode.Ok, "");
    private static readonly byte[] RateExceeded = Refusal(Admittance.RateExceeded);
    private static readonly byte[] Overloaded = Refusal(Admittance.Overloaded);

    /// <summary>
    /// The envelope of a success, with or without a result; secrets are masked for callers who may not see them.
    /// </summary>
    /// <param name="pending">Keeps the reply for others, if it is to be kept.</param>
    public static Task OkAsync(HttpContext context, IMessage? result = null, PendingReply? pending = null)
    {
        if (result is not null && !RequestState.Of(context).ShowsSecrets && SecretFields.MayHold(result.Descriptor))
        {
            result = SecretFields.Masked(result);
        }

        return result is null
            ? SendAsync(context, StatusCodes.Status200OK, Json, Success)
            : SendResultAsync(context, result, pending);
    }

    /// <summary>The envelope of a failure.</summary>
    public static Task FailAsync(HttpContext context, HttpFailure failure)
    {
        RequestLog.SetCode(context, failure.Name);
        return SendAsync(context, failure.Status, Json, Envelope(failure.Name, failure.Message));
    }

    /// <summary>The envelope of a call that is refused because there are too many.</summary>
    public static Task RefuseAsync(HttpContext context, Admittance refusal)
    {
        RequestLog.SetCode(context, HttpCode.MaxQpsLimit);
        context.Response.Headers.RetryAfter = LoadControl.RetryAfter;
        var body = refusal == Admittance.RateExceeded ? RateExceeded : Overloaded;
        return SendAsync(context, StatusCodes.Status429TooManyRequests, Json, body);
    }

    /// <summary>A reply in plain text.</summary>
    public static Task TextAsync(HttpContext context, string text, int status = StatusCodes.Status200OK) =>
        SendAsync(context, status, Text, Encoding.UTF8.GetBytes(text));

    /// <summary>A reply in JSON without the envelope.</summary>
    public static Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> json) => SendAsync(context, status, Json, json);

    private static async Task SendAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        RequestState.Of(context).Release(); // The work is done; how fast the client reads is nobody else's concern.
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (status == StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = "1";
        }

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static async Task SendResultAsync(HttpContext context, IMessage result, PendingReply? pending)
    {
        using var buffer = new PooledBuffer(UsualResult);
        EnvelopeWriter.Write(buffer, HttpCode.Ok, "", result);
        pending?.Keep(buffer.Written.ToArray());
        await SendAsync(context, StatusCodes.Status200OK, Json, buffer.Written).ConfigureAwait(false);
    }

    private static byte[] Refusal(Admittance refusal) => Envelope(HttpCode.MaxQpsLimit, LoadControl.Message(refusal));

    private static byte[] Envelope(string code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        EnvelopeWriter.Write(buffer, code, message);
        return buffer.WrittenSpan.ToArray();
    }
}
