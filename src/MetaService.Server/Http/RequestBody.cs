using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Server.Settings;

namespace MetaService.Server.Http;

/// <summary>Reads the JSON body of a request, whatever its content type.</summary>
public sealed class RequestBody(LimitOptions limits)
{
    /// <summary>The body as a record.</summary>
    /// <exception cref="JsonRequestException">It is not one JSON object of that shape.</exception>
    /// <exception cref="BadHttpRequestException">It is too long or came too slowly.</exception>
    public async ValueTask<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        if (request.ContentLength > limits.BodyBytes)
        {
            throw new BodyTooLongException(limits.BodyBytes);
        }

        var reader = request.BodyReader;
        var isThere = reader.TryRead(out var result);
        if (isThere && !IsEnough(result))
        {
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            isThere = false;
        }

        if (!isThere)
        {
            result = await ReadToEndAsync(reader, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return result.Buffer.Length <= limits.BodyBytes
                ? Parse<T>(result.Buffer)
                : throw new BodyTooLongException(limits.BodyBytes);
        }
        finally
        {
            // Of a body that is too long too, or the rest cannot be passed over, and the connection ends without a word.
            reader.AdvanceTo(result.Buffer.End);
        }
    }

    /// <summary>Waits until the whole body is there, or more than may be.</summary>
    private async ValueTask<ReadResult> ReadToEndAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limits.BodyTimeout);
        using var registration = deadline.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), reader);
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (IsEnough(result))
            {
                return result;
            }

            // Kestrel wakes its readers too when it is told to stop, which is no reason to refuse this one.
            if (result.IsCanceled && deadline.IsCancellationRequested)
            {
                reader.AdvanceTo(result.Buffer.End);
                throw new BadHttpRequestException("body too slow", StatusCodes.Status408RequestTimeout);
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private bool IsEnough(in ReadResult result) => result.IsCompleted || result.Buffer.Length > limits.BodyBytes;

    private T Parse<T>(in ReadOnlySequence<byte> body)
        where T : class, IMessage<T>, new()
    {
        if (body.IsSingleSegment)
        {
            return ProtoJsonReader.Read<T>(body.FirstSpan, limits.JsonDepth);
        }

        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            return ProtoJsonReader.Read<T>(rented.AsSpan(0, length), limits.JsonDepth);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true); // It may hold an ak or a sk.
        }
    }
}

/// <summary>A body over the limit.</summary>
/// <param name="limit">Bytes that a body may have.</param>
public sealed class BodyTooLongException(int limit)
    : BadHttpRequestException($"the body is over {limit} bytes", StatusCodes.Status413PayloadTooLarge);
