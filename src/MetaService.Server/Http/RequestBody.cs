using System.Buffers;
using Google.Protobuf;
using MetaService.Json;

namespace MetaService.Server.Http;

/// <summary>Reads the JSON body of a request, whatever its content type.</summary>
public static class RequestBody
{
    /// <summary>Largest accepted body, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The body as a record.</summary>
    /// <exception cref="JsonRequestException">It is not one JSON object of that shape.</exception>
    /// <exception cref="BadHttpRequestException">It is too long or came too slowly.</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        if (request.ContentLength > MaxBytes)
        {
            throw TooLong();
        }

        var reader = request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(result.Buffer.End); // Or the rest cannot be passed over, and the connection ends without a word.
                throw TooLong();
            }

            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            try
            {
                return Parse<T>(result.Buffer);
            }
            finally
            {
                reader.AdvanceTo(result.Buffer.End);
            }
        }
    }

    private static BadHttpRequestException TooLong() => new("body too long", StatusCodes.Status413PayloadTooLarge);

    private static T Parse<T>(in ReadOnlySequence<byte> body)
        where T : class, IMessage<T>, new()
    {
        if (body.IsSingleSegment)
        {
            return ProtoJsonReader.Read<T>(body.FirstSpan);
        }

        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            return ProtoJsonReader.Read<T>(rented.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true); // It may hold an ak or a sk.
        }
    }
}
