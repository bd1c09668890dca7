using System.Buffers.Binary;
using System.Text;

namespace MetaService.Security;

/// <summary>
/// Where a secret is stored. A sealed secret is bound to it, so that it cannot be opened anywhere else.
/// </summary>
/// <param name="InstanceId">The instance; empty for what belongs to the service as a whole.</param>
/// <param name="Kind">The part of a record, e.g. <c>obj_info</c>.</param>
/// <param name="Id">Which of several such parts; empty where there is one only.</param>
/// <param name="Field"><c>ak</c> or <c>sk</c>.</param>
public readonly record struct SecretPlace(string InstanceId, string Kind, string Id, string Field)
{
    // Tells the use and the version of the encoding: the same bytes never stand for anything else.
    private static ReadOnlySpan<byte> Label => "metaservice-secret-1"u8;

    /// <summary>How many bytes <see cref="WriteTo"/> takes at most.</summary>
    internal int MaxBytes =>
        Label.Length + (4 * sizeof(int))
        + Encoding.UTF8.GetMaxByteCount(InstanceId.Length) + Encoding.UTF8.GetMaxByteCount(Kind.Length)
        + Encoding.UTF8.GetMaxByteCount(Id.Length) + Encoding.UTF8.GetMaxByteCount(Field.Length);

    /// <summary>Without the instance, e.g. <c>obj_info/3/sk</c>; for people.</summary>
    public override string ToString() => Id.Length > 0 ? $"{Kind}/{Id}/{Field}" : $"{Kind}/{Field}";

    /// <summary>
    /// Writes the label and then each part with its length before it, so that no two places have one encoding. Returns the number
    /// of bytes.
    /// </summary>
    internal int WriteTo(Span<byte> destination)
    {
        Label.CopyTo(destination);
        var at = Label.Length;
        at += Write(InstanceId, destination[at..]);
        at += Write(Kind, destination[at..]);
        at += Write(Id, destination[at..]);
        return at + Write(Field, destination[at..]);
    }

    private static int Write(string part, Span<byte> destination)
    {
        var count = Encoding.UTF8.GetBytes(part, destination[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(destination, count);
        return sizeof(int) + count;
    }
}
