using MetaService.Keys;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// A byte that says where to divide, then two strings: encoded they are in the order that they had, and decode to themselves with
/// whatever follows left alone. As encoded fields they are read or refused, and what is read is the one encoding.
/// </summary>
internal sealed class CodecTarget : FuzzTarget
{
    public override string Name => "codec";

    public override IReadOnlyList<byte[]> Pieces { get; } = [[0x00], [0x00, 0xFF], [0x00, 0x01], [0xFF], [OrderedCodec.BytesTag]];

    public override IEnumerable<byte[]> Seeds(Random random) =>
        Enumerable.Range(0, 50).Select(length =>
        {
            var input = new byte[length + 1];
            random.NextBytes(input);
            return input;
        }).Append([1, OrderedCodec.BytesTag, 0x00, 0x01]);

    public override int Run(byte[] input)
    {
        var at = input.Length > 1 ? 1 + (input[0] % input.Length) : input.Length;
        var first = input.AsSpan(Math.Min(1, input.Length)..at);
        var second = input.AsSpan(at..);
        var (a, b) = (Encode(first), Encode(second));
        Require(Math.Sign(a.AsSpan().SequenceCompareTo(b)) == Math.Sign(first.SequenceCompareTo(second)), "the order is lost");
        ReadOnlySpan<byte> rest = (byte[])[.. a, .. b];
        var isRead = OrderedCodec.TryReadBytes(ref rest, out var decoded);
        Require(isRead && first.SequenceEqual(decoded), "it decodes to something else");
        Require(rest.SequenceEqual(b), "it takes more than its own bytes");

        ReadOnlySpan<byte> raw = input;
        if (!OrderedCodec.TryReadBytes(ref raw, out var field))
        {
            return input.Length % 8;
        }

        Require(Encode(field).AsSpan().SequenceEqual(input.AsSpan(..^raw.Length)), "there are two encodings of one string");
        return 100 + (field!.Length % 8);
    }

    private static byte[] Encode(ReadOnlySpan<byte> value)
    {
        var buffer = new byte[OrderedCodec.MaxEncodedLength(value.Length)];
        return buffer[..OrderedCodec.WriteBytes(value, buffer)];
    }
}
