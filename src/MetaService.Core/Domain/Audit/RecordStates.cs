using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;

namespace MetaService.Domain.Audit;

/// <summary>Puts a record of whatever type into an entry.</summary>
internal static class RecordStates
{
    private static readonly FrozenDictionary<MessageDescriptor, Func<byte[], RecordStatePB>> States =
        new Dictionary<MessageDescriptor, Func<byte[], RecordStatePB>>
        {
            [InstanceInfoPB.Descriptor] = bytes => new() { Instance = RecordAccess.Parse<InstanceInfoPB>(bytes) },
            [StorageVaultPB.Descriptor] = bytes => new() { StorageVault = RecordAccess.Parse<StorageVaultPB>(bytes) },
            [RamUserPB.Descriptor] = bytes => new() { IamUser = RecordAccess.Parse<RamUserPB>(bytes) },
            [RecycleStagePB.Descriptor] = bytes => new() { DroppedStage = RecordAccess.Parse<RecycleStagePB>(bytes) },
            [TxnInfoPB.Descriptor] = bytes => new() { Txn = RecordAccess.Parse<TxnInfoPB>(bytes) },
            [TabletJobInfoPB.Descriptor] = bytes => new() { TabletJob = RecordAccess.Parse<TabletJobInfoPB>(bytes) },
            [TabletStatsPB.Descriptor] = bytes => new() { TabletStats = RecordAccess.Parse<TabletStatsPB>(bytes) },
        }.ToFrozenDictionary();

    /// <summary>The state that holds a record.</summary>
    /// <param name="type">Type of the record, one of those that a state can hold.</param>
    /// <param name="record">The record as bytes.</param>
    public static RecordStatePB Of(MessageDescriptor type, byte[] record) => States[type](record);
}
