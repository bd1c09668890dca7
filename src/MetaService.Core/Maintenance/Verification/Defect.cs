using MetaService.Keys;

namespace MetaService.Maintenance.Verification;

/// <summary>Something in a store that is not as it should be. It holds ids, names and numbers, never secrets.</summary>
/// <param name="Kind">What kind of defect it is, and what to do about it.</param>
/// <param name="KeyBytes">The key at which it was found.</param>
/// <param name="Key">That key taken apart; null when it cannot be.</param>
/// <param name="Problem">What is wrong, and what should be there.</param>
public sealed record Defect(DefectKind Kind, byte[] KeyBytes, ParsedKey? Key, string Problem)
{
    // A key that cannot be taken apart is shown as far as a line allows.
    private const int MaxHexBytes = 200;

    /// <summary>The key in readable form.</summary>
    public string Where => Key is not null ? KeyText.OneLine(Key) : "key " + Hex(KeyBytes);

    /// <summary>The defect on one line.</summary>
    public override string ToString() => $"{Kind.Name}: {Where}: {Problem}; to do: {Kind.Remedy}";

    private static string Hex(byte[] key) =>
        key.Length <= MaxHexBytes
            ? Convert.ToHexStringLower(key)
            : $"{Convert.ToHexStringLower(key.AsSpan(0, MaxHexBytes))}... ({key.Length} bytes)";
}
