using Google.Protobuf;
using MetaService.Records.Own;

namespace MetaService.Domain.Secrets;

/// <summary>The page token of a rotation: a cursor in base64.</summary>
internal static class RotationToken
{
    private const int MaxLength = 4096;

    public static string Write(RotationCursorPB cursor) => Convert.ToBase64String(cursor.ToByteArray());

    /// <exception cref="MetaServiceException">The text is no such token.</exception>
    public static RotationCursorPB Read(string token)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Math.Min(token.Length, MaxLength));
        try
        {
            if (token.Length <= MaxLength && Convert.TryFromBase64String(token, bytes, out var count))
            {
                var cursor = RotationCursorPB.Parser.ParseFrom(bytes, 0, count);
                if (cursor.HasRotation && cursor.HasKind && Enum.IsDefined(cursor.Kind))
                {
                    return cursor;
                }
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // Refused below like any other text.
        }

        throw Errors.Invalid("page_token must be a next_page_token of an earlier reply");
    }
}
