using System.Text;
using MetaService.Security;

namespace MetaService.UnitTests.Security;

public sealed class UpstreamEcbTests
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("selectdbselectdbselectdbselectdb");

    [Theory]
    [InlineData("Hx60p12123af234541nsVsffdfsdfghsdfhsdf34t", "JUkuTDctR+ckJtnPkLScWaQZRcOtWBhsLLpnCRxQLxr734qB8cs6gNLH6grE1FxO")]
    [InlineData("test-sk1", "n6+wLwU2J5BVXwE2RekXog==")]
    public void Seals_and_opens_as_upstream_does(string clear, string sealedText)
    {
        UpstreamEcb.Seal(Key, clear).Should().Be(sealedText);
        UpstreamEcb.Open(Key, sealedText).Should().Be(clear);
    }

    [Theory]
    [InlineData("not base64")]
    [InlineData("AAAA")]
    [InlineData("")]
    [InlineData("n6+wLwU2J5BVXwE2RekXow==")]
    public void What_upstream_did_not_seal_does_not_open(string text) => UpstreamEcb.Open(Key, text).Should().BeNull();

    [Fact]
    public void A_key_of_any_length_is_folded_to_32_bytes()
    {
        Folded(Key).Should().Equal(Key);
        Folded([1, 2]).Should().Equal([1, 2, .. new byte[30]]);
        Folded([.. Key, 0xFF, 0x01]).Should().Equal([(byte)(Key[0] ^ 0xFF), (byte)(Key[1] ^ 0x01), .. Key[2..]]);
        Folded([.. Key, .. Key]).Should().Equal(new byte[32]);
    }

    private static byte[] Folded(byte[] key)
    {
        var folded = Enumerable.Repeat((byte)0xAA, SecretKey.Bytes).ToArray();
        UpstreamEcb.Fold(key, folded);
        return folded;
    }
}
