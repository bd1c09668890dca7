using Google.Protobuf;
using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.TestKit.Support;

/// <summary>The keys of the servers under test, and a look behind the seal.</summary>
public static class TestSecrets
{
    /// <summary>Keys that every server under test has; key 1 is the current one.</summary>
    public const string Keys = $"{Key1} current\n{Key2}";

    /// <summary>The same keys after the second has become the current one.</summary>
    public const string Rotated = $"{Key1}\n{Key2} current";

    public const string Key1 = "1 ERERERERERERERERERERERERERERERERERERERERERE=";
    public const string Key2 = "2 IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=";

    /// <summary>
    /// A copy of a record with its secrets opened, with the keys of a server and those of upstream in its store.
    /// </summary>
    public static async Task<IMessage> OpenedAsync(SealedRecords secrets, IKvStore store, string keyInHex, IMessage record)
    {
        using var reader = store.BeginRead();
        var values = KeySpace.Parse(Convert.FromHexString(keyInHex)).Values;
        switch (record)
        {
            case InstanceInfoPB instance:
                instance = instance.Clone();
                await secrets.OpenAsync(reader, Key.Instance(values[0].ToText()), instance, default);
                return instance;
            case StorageVaultPB vault:
                vault = vault.Clone();
                await secrets.OpenAsync(reader, Key.StorageVault(values[0].ToText(), values[1].ToText()), vault, default);
                return vault;
            default:
                throw new NotSupportedException($"no test opens a {record.Descriptor.Name}");
        }
    }
}
