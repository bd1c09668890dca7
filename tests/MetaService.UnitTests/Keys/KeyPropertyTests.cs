using CsCheck;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.UnitTests.Keys;

public class KeyPropertyTests
{
    /// <summary>Bytes that the codec treats specially, often.</summary>
    private static readonly Gen<byte> GenByte = Gen.Frequency(
        (3, OneOf<byte>(0x00, 0x01, 0xFF, 0x10, 0x11, 0x12, 0x13, 0xFE)), (1, Gen.Byte));

    private static readonly Gen<byte[]> GenBytes = GenByte.Array[0, 24];

    private static readonly Gen<long> GenNumber = Gen.Frequency(
        (1, OneOf<long>(0, 1, -1, 255, 256, -256, long.MaxValue, -long.MaxValue)), (1, Gen.Long.Where(n => n != long.MinValue)));

    private static readonly Gen<Versionstamp> GenStamp =
        Gen.Select(Gen.Long, Gen.UShort, (version, order) => new Versionstamp(version, order));

    private static readonly Gen<ParsedKey> GenKey =
        from definition in OneOf([.. KeySpace.All])
        from values in Values(definition)
        from chunk in GenChunk(definition)
        from omitted in Gen.Bool
        select definition.IsVersioned && omitted
            ? new ParsedKey(definition, values[..^1])
            : new ParsedKey(definition, values, chunk);

    [Fact]
    public void A_key_parses_back_to_what_it_was_made_of() => GenKey.Sample(
        key =>
        {
            KeySpace.TryParse(key.Encode(), out var parsed, out var error).Should().BeTrue(error);
            parsed!.Definition.Should().BeSameAs(key.Definition);
            parsed.Values.Should().Equal(key.Values);
            parsed.Chunk.Should().Be(key.Chunk);
        },
        iter: 20_000, threads: 1);

    [Fact]
    public void Two_keys_of_a_type_are_equal_only_if_their_fields_are() => Gen.Select(GenBytes, GenBytes).Sample(
        (a, b) =>
        {
            var first = KeySpace.TxnLabel.Encode(a, 1, b);
            var second = KeySpace.TxnLabel.Encode(b, 1, a);
            first.AsSpan().SequenceEqual(second).Should().Be(a.AsSpan().SequenceEqual(b));
        },
        iter: 5_000, threads: 1);

    [Fact]
    public void Encoded_strings_sort_as_their_bytes() => Gen.Select(GenBytes, GenBytes).Sample(
        (a, b) => Math.Sign(Encode(a).AsSpan().SequenceCompareTo(Encode(b))) == Math.Sign(a.AsSpan().SequenceCompareTo(b)),
        iter: 20_000, threads: 1);

    [Fact]
    public void A_string_sorts_before_its_extensions() => Gen.Select(GenBytes, GenBytes.Where(b => b.Length > 0)).Sample(
        (a, b) => Encode(a).AsSpan().SequenceCompareTo(Encode([.. a, .. b])) < 0, iter: 5_000, threads: 1);

    [Fact]
    public void Encoded_integers_sort_as_numbers_from_zero_up_and_by_magnitude_below() => Gen.Select(GenNumber, GenNumber).Sample(
        (a, b) =>
        {
            var expected = a < 0 && b < 0 ? b.CompareTo(a) : a.CompareTo(b);
            return Math.Sign(Encode(a).AsSpan().SequenceCompareTo(Encode(b))) == Math.Sign(expected);
        },
        iter: 20_000, threads: 1);

    [Fact]
    public void A_range_holds_exactly_the_keys_with_its_prefix() => Gen.Select(GenBytes, GenBytes, GenNumber).Sample(
        (prefix, other, number) =>
        {
            var range = KeySpace.TxnLabel.Range(prefix, number);
            var inside = KeySpace.TxnLabel.Encode(prefix, number, other);
            var outside = KeySpace.TxnLabel.Encode(other, number, prefix);
            Contains(range, inside).Should().BeTrue();
            Contains(range, outside).Should().Be(prefix.AsSpan().SequenceEqual(other));
        },
        iter: 10_000, threads: 1);

    [Fact]
    public void Whatever_parses_is_the_one_encoding_of_its_fields() =>
        Gen.Select(GenKey, Gen.Int[0, 1000], GenByte, Gen.Int[0, 3]).Sample(
            (key, at, value, how) => CheckBytes(Mutate(key.Encode(), at, value, how)), iter: 30_000, threads: 1);

    [Fact]
    public void Random_bytes_never_do_worse_than_the_typed_error() =>
        GenByte.Array[0, 64].Sample(CheckBytes, iter: 30_000, threads: 1);

    [Fact]
    public void Random_text_as_hex_never_does_worse_than_the_typed_error() =>
        Gen.Char["01fF\\xX \n\ud800٣g"].Array[0, 30].Select(c => new string(c)).Sample(
            text =>
            {
                try
                {
                    KeyPrinter.Print(text).Should().EndWith("\n");
                }
                catch (KeyFormatException e)
                {
                    e.Message.Should().NotBeEmpty();
                }
            },
            iter: 20_000, threads: 1);

    [Theory]
    [InlineData(10_000)]
    [InlineData(1 << 20)]
    public void Long_strings_of_zeros_double_in_size(int length)
    {
        var encoded = Encode(new byte[length]);
        ReadOnlySpan<byte> rest = encoded;

        encoded.Should().HaveCount((2 * length) + 3);
        OrderedCodec.TryReadBytes(ref rest, out var decoded).Should().BeTrue();
        decoded.Should().HaveCount(length);
        rest.Length.Should().Be(0);
    }

    private static void CheckBytes(byte[] bytes)
    {
        if (KeySpace.TryParse(bytes, out var parsed, out var error))
        {
            parsed.Encode().Should().Equal(bytes);
        }
        else
        {
            error.Should().NotBeNullOrEmpty();
        }

        try
        {
            KeyPrinter.Print(bytes).Should().EndWith(Convert.ToHexStringLower(bytes) + "\n");
        }
        catch (KeyFormatException e)
        {
            e.Message.Should().Be(error);
        }
    }

    private static byte[] Mutate(byte[] key, int at, byte value, int how)
    {
        at %= key.Length;
        return how switch
        {
            0 => [.. key[..at], value, .. key[(at + 1)..]],
            1 => [.. key[..at], value, .. key[at..]],
            2 => [.. key[..at], .. key[(at + 1)..]],
            _ => key[..at],
        };
    }

    private static bool Contains(KeyRange range, byte[] key) =>
        range.Begin.AsSpan().SequenceCompareTo(key) <= 0 && key.AsSpan().SequenceCompareTo(range.End) < 0;

    private static byte[] Encode(byte[] value)
    {
        var buffer = new byte[OrderedCodec.MaxEncodedLength(value.Length)];
        return buffer[..OrderedCodec.WriteBytes(value, buffer)];
    }

    private static byte[] Encode(long value)
    {
        var buffer = new byte[OrderedCodec.Int64Length];
        OrderedCodec.WriteInt64(value, buffer);
        return buffer;
    }

    private static Gen<T> OneOf<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<long?> GenChunk(KeyDefinition definition) => definition.Value.IsSplit
        ? Gen.OneOf(Gen.Const((long?)null), Gen.Long[0, long.MaxValue].Select(n => (long?)n))
        : Gen.Const((long?)null);

    private static Gen<KeyPart[]> Values(KeyDefinition definition)
    {
        var all = Gen.Const(Array.Empty<KeyPart>());
        foreach (var field in definition.Fields.Where(f => f.Kind != KeyFieldKind.Literal))
        {
            var next = field.Kind switch
            {
                KeyFieldKind.Number => GenNumber.Select(n => (KeyPart)n),
                KeyFieldKind.Text => GenBytes.Select(b => (KeyPart)b),
                _ => GenStamp.Select(s => (KeyPart)s),
            };
            all = Gen.Select(all, next, (values, value) => (KeyPart[])[.. values, value]);
        }

        return all;
    }
}
