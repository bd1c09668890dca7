using System.Runtime.CompilerServices;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>A stored delete bitmap of a rowset.</summary>
public readonly record struct StoredDeleteBitmap(long Version, long SegmentId, byte[] Bytes);

/// <summary>Scans of delete bitmaps, each of which may lie in several chunks.</summary>
public static class DeleteBitmapAccess
{
    /// <summary>The bitmaps of a range of their keys, in order of version and segment.</summary>
    /// <exception cref="KeyFormatException">A key of another type lies in the range.</exception>
    public static async IAsyncEnumerable<StoredDeleteBitmap> ScanDeleteBitmapsAsync(
        this IKvReader reader, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        StoredDeleteBitmap? current = null;
        var bytes = new MemoryStream();
        await foreach (var pair in reader.ScanAsync(range, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (!KeySpace.DeleteBitmap.TryParse(pair.Key, out var key))
            {
                throw new KeyFormatException("a key among the delete bitmaps is not one of them");
            }

            var next = new StoredDeleteBitmap(key.Values[^2].Number, key.Values[^1].Number, []);
            if (current is { } last && (last.Version, last.SegmentId) != (next.Version, next.SegmentId))
            {
                yield return last with { Bytes = bytes.ToArray() };
                bytes.SetLength(0);
            }

            current = next;
            bytes.Write(pair.Value);
        }

        if (current is { } final)
        {
            yield return final with { Bytes = bytes.ToArray() };
        }
    }
}
