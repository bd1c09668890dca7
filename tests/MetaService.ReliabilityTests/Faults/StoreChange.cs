using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using MetaService.Domain.Secrets;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.Faults;

/// <summary>
/// What a request has changed in a store, as text: a line for each key that was added (<c>+</c>), changed (<c>*</c>), given
/// another versionstamp only (<c>~</c>) or removed (<c>-</c>), in key order. Ids made of versions, versionstamps and random names
/// are replaced by words and secrets are opened, so that two runs of the same requests give the same text. What servers note for
/// themselves, such as commit markers, is left out.
/// </summary>
internal static partial class StoreChange
{
    public const string None = "";

    /// <summary>The change from what a store held before to what it holds now.</summary>
    public static async Task<string> SinceAsync(IReadOnlyDictionary<string, byte[]> before, IKvStore store, SealedRecords secrets)
    {
        var lines = new List<string>();
        var after = await StoreContent.AllAsync(store);
        using var reader = store.BeginRead();
        foreach (var hex in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var old = before.GetValueOrDefault(hex);
            var now = after.GetValueOrDefault(hex);
            var key = KeySpace.Parse(Convert.FromHexString(hex));
            if (key.Definition.IsTransient || (old is not null && now is not null && old.AsSpan().SequenceEqual(now)))
            {
                continue;
            }

            var fields = string.Join(", ", key.Values.Select(Show));
            var name = $"{key.Definition.Name}({fields}{(key.Chunk is null ? "" : ", chunk")})";
            var inspector = new KeyInspector(record => Print(record, secrets, store, hex));
            var value = await inspector.GetValueAsync(reader, new Dictionary<string, string> { ["key"] = hex });
            lines.Add($"{Sign(key.Definition, old, now)}{name}{(now is null ? "" : $" = {value}")}");
        }

        return Volatile().Replace(string.Join('\n', lines), match => match.ValueSpan[0] switch
        {
            '_' => "_GUID",
            'v' => "STAMP",
            '"' => "HIDDEN",
            _ => "TXN",
        });
    }

    private static char Sign(KeyDefinition definition, byte[]? old, byte[]? now) => (old, now) switch
    {
        (null, _) => '+',
        (_, null) => '-',
        _ when definition.Value.Kind == KeyValueKind.StampedRecord && Record(old).SequenceEqual(Record(now)) => '~',
        _ => '*',
    };

    private static ReadOnlySpan<byte> Record(byte[] stamped) => stamped.AsSpan(..^Versionstamp.Length);

    private static string Show(KeyPart part) => part.Kind switch
    {
        KeyFieldKind.Number => part.Number.ToString(CultureInfo.InvariantCulture),
        KeyFieldKind.Text => part.ToText(),
        _ => "STAMP",
    };

    private static string Print(IMessage record, SealedRecords secrets, IKvStore store, string keyInHex)
    {
        // Sealed twice they are not the same. Keys and store are in memory, where nothing is waited for.
        var shown = record is InstanceInfoPB or StorageVaultPB
            ? TestSecrets.OpenedAsync(secrets, store, keyInHex, record).GetAwaiter().GetResult()
            : record;
        return ProtoJsonWriter.ToText(shown, ProtoJsonStyle.Rpc);
    }

    [GeneratedRegex(
        @"_[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}|versionstamp=[0-9a-f]{20}|\b(txn_id=)?[0-9]{16}\b" +
        @"|(?<=""(sealed|request_id)"":)""[^""]+""")]
    private static partial Regex Volatile();
}
