using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace MetaService.Keys;

/// <summary>
/// Every key that the service stores. Key spaces 0x01 to 0x03 are laid out exactly as upstream stores them; 0x40 is our own, so
/// that a store shared with upstream stays readable to it.
/// </summary>
public static partial class KeySpace
{
    /// <summary>Keys of one instance; the first field behind the first constant is its id.</summary>
    public const byte User = 0x01;

    /// <summary>Keys of the service as a whole.</summary>
    public const byte System = 0x02;

    /// <summary>Records kept in several versions, for snapshots. Read, never written by this service.</summary>
    public const byte Versioned = 0x03;

    /// <summary>Keys that upstream does not have.</summary>
    public const byte Own = 0x40;

    // Each public static field of this class is a declaration; nothing has to be entered twice.
    private static readonly Lazy<IReadOnlyList<KeyDefinition>> Declarations = new(() =>
    [
        .. typeof(KeySpace).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => f.GetValue(null))
            .OfType<KeyDefinition>()
            .OrderBy(d => d.Space)
            .ThenBy(Literals, StringComparer.Ordinal),
    ]);

    private static readonly Lazy<Dictionary<string, KeyDefinition>> ByName = new(() => All.ToDictionary(d => d.Name));

    private static string Literals(KeyDefinition definition) =>
        string.Join('\0', definition.Fields.Where(f => f.Kind == KeyFieldKind.Literal).Select(f => f.Name));

    /// <summary>All declarations, by key space and then by their constants.</summary>
    public static IReadOnlyList<KeyDefinition> All => Declarations.Value;

    /// <summary>The declaration with this name, or null.</summary>
    public static KeyDefinition? Find(string name) => ByName.Value.GetValueOrDefault(name);

    /// <summary>The declaration of a statistic that is counted beside the aggregated record of a tablet.</summary>
    public static KeyDefinition StatsCounter(TabletCounter counter) => counter switch
    {
        TabletCounter.DataSize => StatsDataSize,
        TabletCounter.NumRows => StatsNumRows,
        TabletCounter.NumRowsets => StatsNumRowsets,
        TabletCounter.NumSegments => StatsNumSegments,
        TabletCounter.IndexSize => StatsIndexSize,
        TabletCounter.SegmentSize => StatsSegmentSize,
        _ => throw new ArgumentOutOfRangeException(nameof(counter)),
    };

    /// <summary>Takes a key of any known type apart.</summary>
    /// <param name="key">The encoded key.</param>
    /// <param name="parsed">The key's type and fields.</param>
    /// <param name="error">What is wrong and where, when the key is malformed or of no known type.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> key, [NotNullWhen(true)] out ParsedKey? parsed, [NotNullWhen(false)] out string? error)
    {
        parsed = null;
        if (!KeyDecoder.TryDecode(key, out var tokens, out error))
        {
            return false;
        }

        foreach (var definition in All)
        {
            parsed = definition.Match(key[0], tokens);
            if (parsed is not null)
            {
                return true;
            }
        }

        error = "the key is well-formed but of no known type";
        return false;
    }

    /// <summary>Takes a key of any known type apart.</summary>
    /// <exception cref="KeyFormatException">The key is malformed or of no known type.</exception>
    public static ParsedKey Parse(ReadOnlySpan<byte> key) =>
        TryParse(key, out var parsed, out var error) ? parsed : throw new KeyFormatException(error);
}
