using MetaService.Records.Cloud;
using MetaService.Records.Own;
using static MetaService.Keys.KeyField;

namespace MetaService.Keys;

/// <content>Key spaces 0x02, the service as a whole, and 0x40, our own.</content>
public static partial class KeySpace
{
    public static readonly KeyDefinition Registry = new(
        "MetaServiceRegistryKey", System, KeyValueFormat.Record(ServiceRegistryPB.Descriptor), "the servers that are up",
        Literal("system"), Literal("meta-service"), Literal("registry"));

    public static readonly KeyDefinition ArnInfo = new(
        "MetaServiceArnInfoKey", System, KeyValueFormat.Record(RamUserPB.Descriptor), "the IAM user of the whole service",
        Literal("system"), Literal("meta-service"), Literal("arn_info"));

    public static readonly KeyDefinition EncryptionKeyInfo = new(
        "MetaServiceEncryptionKey", System, KeyValueFormat.Record(EncryptionKeyInfoPB.Descriptor),
        "the keys with which upstream seals secrets",
        Literal("system"), Literal("meta-service"), Literal("encryption_key_info"));

    public static readonly KeyDefinition InstanceUpdate = new(
        "MetaServiceInstanceUpdateKey", System, KeyValueFormat.Counter, "goes up with each change of an instance",
        Literal("system"), Literal("meta-service"), Literal("instance_update"));

    public static readonly KeyDefinition Audit = new(
        "AuditKey", Own, KeyValueFormat.Record(AuditEntryPB.Descriptor),
        "who changed what of an instance, or of the service as a whole if the id is empty",
        Literal("audit"), Text("instance_id"), Stamp("version"));

    public static readonly KeyDefinition Lease = new(
        "LeaseKey", Own, KeyValueFormat.Record(LeasePB.Descriptor),
        "which server does a piece of background work",
        Literal("lease"), Text("name"))
    {
        IsTransient = true,
    };

    public static readonly KeyDefinition NodeOwner = new(
        "NodeOwnerKey", Own, KeyValueFormat.Record(NodeOwnerPB.Descriptor),
        "which instance the nodes with a cloud_unique_id belong to",
        Literal("node_owner"), Text("cloud_unique_id"));

    public static readonly KeyDefinition SecretKeyCheck = new(
        "SecretKeyCheckKey", Own, KeyValueFormat.Record(SecretKeyCheckPB.Descriptor),
        "that secrets are sealed with a key, and whether a server has the right one",
        Literal("secret_key_check"), Number("key_id"));

    public static readonly KeyDefinition TxnFence = new(
        "TxnFenceKey", Own, KeyValueFormat.Stamped(TxnFencePB.Descriptor),
        "no transaction with an id from an older versionstamp can begin any more",
        Literal("txn_fence"), Text("instance_id"));

    public static readonly KeyDefinition CommitMarker = new(
        "CommitMarkerKey", Own, KeyValueFormat.Bytes("attempt id (16 bytes), versionstamp (10 bytes)"),
        "the last transaction committed from a slot of a server",
        Literal("commit_marker"), Text("runner_id"), Number("slot"))
    {
        IsTransient = true,
    };

    public static readonly KeyDefinition CopyProgress = new(
        "CopyProgressKey", Own, KeyValueFormat.Record(CopyProgressPB.Descriptor),
        "how far a copy of another store into this one has come; such a store cannot be served",
        Literal("copy_progress"))
    {
        IsTransient = true,
    };
}
