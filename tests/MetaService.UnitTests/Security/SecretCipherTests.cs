using CsCheck;
using MetaService.Security;

namespace MetaService.UnitTests.Security;

public sealed class SecretCipherTests
{
    private static readonly SecretPlace Place = new("i", "obj_info", "3", "sk");

    private readonly SecretKey _key = TestKeys.Of(1);

    [Fact]
    public void What_was_sealed_opens_again() => Gen.Select(Gen.String, Gen.String, Gen.String, Gen.String).Sample(
        (text, instance, kind, id) =>
        {
            var place = new SecretPlace(instance, kind, id, "ak");
            var sealedText = SecretCipher.Seal(_key, place, text);
            SecretCipher.Open(_key, place, sealedText).Should().Be(text);
        },
        iter: 200);

    [Fact]
    public void Many_seal_and_open_with_one_key_at_once() => Parallel.For(0, 2000, i =>
    {
        var text = $"secret {i}";
        var sealedText = SecretCipher.Seal(_key, Place, text);
        SecretCipher.Open(_key, Place with { Field = "ak" }, sealedText).Should().BeNull();
        SecretCipher.Open(_key, Place, sealedText).Should().Be(text);
    });

    [Fact]
    public void A_sealed_text_is_nonce_ciphertext_and_tag() =>
        Convert.FromBase64String(SecretCipher.Seal(_key, Place, "12345")).Should().HaveCount(12 + 5 + 16);

    [Fact]
    public void Any_change_of_one_bit_is_noticed()
    {
        var bytes = Convert.FromBase64String(SecretCipher.Seal(_key, Place, "secret"));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            SecretCipher.Open(_key, Place, Convert.ToBase64String(bytes)).Should().BeNull($"bit {bit} was changed");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        SecretCipher.Open(_key, Place, Convert.ToBase64String(bytes)).Should().Be("secret");
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("!!!!")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_not_sealed_does_not_open(string text) => SecretCipher.Open(_key, Place, text).Should().BeNull();

    [Fact]
    public void A_text_that_is_cut_short_or_too_long_for_a_store_does_not_open()
    {
        var bytes = Convert.FromBase64String(SecretCipher.Seal(_key, Place, "secret"));
        for (var length = 0; length < bytes.Length; length++)
        {
            SecretCipher.Open(_key, Place, Convert.ToBase64String(bytes, 0, length)).Should().BeNull();
        }

        SecretCipher.Open(_key, Place, new string('A', 1_000_000)).Should().BeNull();
    }

    [Fact]
    public void It_opens_in_its_own_place_only()
    {
        var place = new SecretPlace("ab", "cd", "ef", "gh");
        var sealedText = SecretCipher.Seal(_key, place, "secret");
        SecretPlace[] others =
        [
            place with { InstanceId = "x" }, place with { Kind = "x" }, place with { Id = "x" }, place with { Field = "x" },
            new("a", "bcd", "ef", "gh"), new("abc", "d", "ef", "gh"), new("ab", "c", "def", "gh"), new("ab", "cd", "e", "fgh"),
            new("abcdefgh", "", "", ""), new("", "ab", "cd", "efgh"),
        ];

        others.Where(other => SecretCipher.Open(_key, other, sealedText) is not null).Should().BeEmpty();
        SecretCipher.Open(_key, place, sealedText).Should().Be("secret");
    }

    [Fact]
    public void It_opens_with_its_own_key_only()
    {
        var sealedText = SecretCipher.Seal(_key, Place, "secret");
        SecretCipher.Open(TestKeys.Of(2), Place, sealedText).Should().BeNull();
        SecretCipher.Open(TestKeys.Other(1), Place, sealedText).Should().BeNull();
    }

    [Fact]
    public void No_nonce_is_used_twice()
    {
        var sealedTexts = ParallelEnumerable.Range(0, 10_000).Select(_ => SecretCipher.Seal(_key, Place, "secret")).ToList();
        sealedTexts.Select(text => Convert.ToHexString(Convert.FromBase64String(text), 0, 12)).Should().OnlyHaveUniqueItems();
        sealedTexts.Select(text => Convert.ToHexString(Convert.FromBase64String(text), 12, 22)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Many_threads_can_seal_and_open_with_one_key() => Parallel.For(0, 200, n =>
    {
        var place = Place with { Id = $"{n}" };
        SecretCipher.Open(_key, place, SecretCipher.Seal(_key, place, $"secret {n}")).Should().Be($"secret {n}");
    });
}
