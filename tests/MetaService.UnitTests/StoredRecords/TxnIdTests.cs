using MetaService.Records;
using MetaService.Storage;

namespace MetaService.UnitTests.StoredRecords;

public class TxnIdTests
{
    [Theory]
    [InlineData("00000182a5ed173f0012", 1700496542596114)]
    [InlineData("00000182a5ed173f0013", 1700496542596115)]
    [InlineData("00000182a5ed174f0013", 1700496542612499)]
    [InlineData("00000182a5ed174f03ff", 1700496542613503)]
    [InlineData("00000000000000000000", 0)]
    [InlineData("001fffffffffffff03ff", long.MaxValue)]
    public void An_id_is_the_commit_version_and_the_order_in_its_batch(string stamp, long expected) =>
        TxnId.FromVersionstamp(Versionstamp.Read(Convert.FromHexString(stamp))).Should().Be(expected);

    [Theory]
    [InlineData("00000182a5ed174f0400")]
    [InlineData("00000182a5ed174fffff")]
    [InlineData("00200000000000000000")]
    [InlineData("ffffffffffffffff0000")]
    public void A_stamp_that_does_not_fit_is_an_error(string stamp)
    {
        var versionstamp = Versionstamp.Read(Convert.FromHexString(stamp));

        TxnId.TryFromVersionstamp(versionstamp, out _).Should().BeFalse();
        FluentActions.Invoking(() => TxnId.FromVersionstamp(versionstamp)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
