using MetaService.Records.Cloud;
using MetaService.Records.Own;

namespace MetaService.Keys;

/// <summary>Typed keys: each carries the type of its value.</summary>
public static class Key
{
    public static RecordKey<InstanceInfoPB> Instance(string instanceId) => new(KeySpace.Instance.Encode(instanceId));

    public static RecordKey<StorageVaultPB> StorageVault(string instanceId, string vaultId) =>
        new(KeySpace.StorageVault.Encode(instanceId, vaultId));

    public static RecordKey<RamUserPB> ArnInfo() => new(KeySpace.ArnInfo.Encode());

    public static RecordKey<NodeOwnerPB> NodeOwner(string cloudUniqueId) => new(KeySpace.NodeOwner.Encode(cloudUniqueId));
}
