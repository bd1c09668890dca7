using static MetaService.Keys.KeyField;

namespace MetaService.Keys;

/// <summary>
/// Every key that the service stores. Key spaces 0x01 to 0x03 are laid out exactly as upstream stores them; 0x40 is our own, so that
/// a store shared with upstream stays readable to it.
/// </summary>
public static class KeySpace
{
    public const byte User = 0x01;
    public const byte System = 0x02;
    public const byte Versioned = 0x03;
    public const byte Own = 0x40;

    public static readonly KeyDefinition Instance = new(
        "InstanceKey", User, "InstanceInfoPB", "an instance with its clusters, nodes and object stores",
        Literal("instance"), Text("instance_id"));

    public static readonly KeyDefinition StorageVault = new(
        "StorageVaultKey", User, "StorageVaultPB", "a storage vault of an instance",
        Literal("storage_vault"), Text("instance_id"), Literal("vault"), Text("vault_id"));

    public static readonly KeyDefinition ArnInfo = new(
        "MetaServiceArnInfoKey", System, "RamUserPB", "the IAM user of the whole service",
        Literal("system"), Literal("meta-service"), Literal("arn_info"));

    public static readonly KeyDefinition NodeOwner = new(
        "NodeOwnerKey", Own, "NodeOwnerPB", "which instance the nodes with a cloud_unique_id belong to",
        Literal("node_owner"), Text("cloud_unique_id"));

    public static readonly KeyDefinition CommitMarker = new(
        "CommitMarkerKey", Own, "attempt id (16 bytes), versionstamp (10 bytes)", "the last transaction committed from a slot of a server",
        Literal("commit_marker"), Text("runner_id"), Number("slot"));
}
