using System.Numerics;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>Transaction ids are made from the versionstamp of a commit: (version &lt;&lt; 10) | order.</summary>
public static class TxnId
{
    private const int OrderBits = 10;

    /// <summary>The id, or false when the order has more than 10 bits or the version more than 53.</summary>
    public static bool TryFromVersionstamp(Versionstamp stamp, out long txnId)
    {
        var fits = stamp.Order < 1 << OrderBits && BitOperations.LeadingZeroCount((ulong)stamp.Version) > OrderBits;
        txnId = fits ? (stamp.Version << OrderBits) | stamp.Order : 0;
        return fits;
    }

    /// <summary>The id that a transaction gets when it begins with this commit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The order is 1024 or more, or the version has more than 53 bits.</exception>
    public static long FromVersionstamp(Versionstamp stamp) =>
        TryFromVersionstamp(stamp, out var txnId)
            ? txnId
            : throw new ArgumentOutOfRangeException(nameof(stamp), stamp, "no transaction id can be made from this versionstamp");
}
