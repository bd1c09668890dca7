using System.Text;
using MetaService.Security;

namespace MetaService.UnitTests.Security;

public sealed class KeyringTextTests
{
    private static readonly string A = Convert.ToBase64String(Enumerable.Repeat((byte)0xA1, 32).ToArray());
    private static readonly string B = Convert.ToBase64String(Enumerable.Repeat((byte)0xB2, 32).ToArray());

    [Fact]
    public void A_single_key_is_current_by_itself()
    {
        var keyring = Parse($"# a comment\n\n 7\t{A} \r\n");
        keyring.Current!.Id.Should().Be(7);
        keyring.Ids.Should().Equal(7);
        keyring.Find(7)!.HasSameMaterial(new SecretKey(1, Convert.FromBase64String(A))).Should().BeTrue();
        keyring.Find(1).Should().BeNull();
    }

    [Fact]
    public void Of_several_keys_the_marked_one_is_current()
    {
        var keyring = Parse($"9223372036854775807 {A}\n2 {B} current");
        keyring.Current!.Id.Should().Be(2);
        keyring.Ids.Should().Equal(2, long.MaxValue);
        keyring.ToString().Should().Be("keys 2, 9223372036854775807; current 2");
    }

    [Fact]
    public void A_key_can_be_written_and_read()
    {
        var key = SecretKey.Generate(3);
        Parse(KeyringText.Line(key)).Find(3)!.HasSameMaterial(key).Should().BeTrue();
        SecretKey.Generate(3).HasSameMaterial(key).Should().BeFalse();
    }

    [Theory]
    [InlineData("", "there is no key")]
    [InlineData("# nothing\n", "there is no key")]
    [InlineData("A", "line 1: it must begin with the key's id")]
    [InlineData("\n0 A", "line 2: it must begin with the key's id")]
    [InlineData("-1 A", "line 1: it must begin with the key's id")]
    [InlineData("+1 A", "line 1: it must begin with the key's id")]
    [InlineData("1x A", "line 1: it must begin with the key's id")]
    [InlineData("9223372036854775808 A", "line 1: it must begin with the key's id")]
    [InlineData("1", "line 1: key 1 is not 32 bytes")]
    [InlineData("1 AAAA", "line 1: key 1 is not 32 bytes")]
    [InlineData("1 AAB", "line 1: key 1 is not 32 bytes")]
    [InlineData("1 !A", "line 1: key 1 is not 32 bytes")]
    [InlineData("1 A Current", "line 1: only 'current' may stand behind key 1")]
    [InlineData("1 A current now", "line 1: only 'current' may stand behind key 1")]
    [InlineData("1 A\n1 B current", "line 2: key 1 is given twice")]
    [InlineData("1 A\n2 B", "there are several keys and none is marked 'current'")]
    [InlineData("1 A current\n2 B current", "keys 1 and 2 are both marked 'current'")]
    public void What_is_no_keyring_is_refused_by_line_and_without_a_key(string text, string part)
    {
        var full = text.Replace("A", A, StringComparison.Ordinal).Replace("B", B, StringComparison.Ordinal);
        var refusal = FluentActions.Invoking(() => Parse(full)).Should().Throw<SecretKeyException>().Which;
        refusal.Message.Should().StartWith("the file: ").And.Contain(part).And.NotContainAny(A, B);
    }

    [Fact]
    public void No_key_is_printed_by_accident()
    {
        var key = new SecretKey(5, Convert.FromBase64String(A));
        var keyring = new SecretKeyring([key], 5);
        $"{key} {keyring}".Should().Be("key 5 keys 5; current 5");
        System.Text.Json.JsonSerializer.Serialize(keyring.Ids).Should().Be("[5]");
        typeof(SecretKey).GetProperties().Select(p => p.Name).Should().Equal(["Id"], "loggers print what is public");
        typeof(SecretKey).GetFields().Where(f => !f.IsLiteral).Should().BeEmpty();
    }

    [Fact]
    public void Keyrings_are_the_same_when_their_keys_and_the_current_one_are()
    {
        var keyring = TestKeys.Ring(1, 1, 2);
        keyring.IsSame(TestKeys.Ring(1, 2, 1)).Should().BeTrue();
        keyring.IsSame(TestKeys.Ring(2, 1, 2)).Should().BeFalse();
        keyring.IsSame(TestKeys.Ring(1, 1)).Should().BeFalse();
        keyring.IsSame(TestKeys.Ring(1, 1, 3)).Should().BeFalse();
        keyring.IsSame(new SecretKeyring([TestKeys.Of(1), TestKeys.Other(2)], 1)).Should().BeFalse();
        SecretKeyring.Empty.IsSame(SecretKeyring.Empty).Should().BeTrue();
        (SecretKeyring.Empty.Current, SecretKeyring.Empty.ToString()).Should().Be((null, "no keys"));
    }

    private static SecretKeyring Parse(string text) => KeyringText.Parse(Encoding.UTF8.GetBytes(text), "the file");
}
