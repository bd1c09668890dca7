using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using MetaService.Records.Cloud;
using MetaService.Records.Own;

namespace MetaService.Domain.Audit;

/// <summary>Where the records that are audited go in a <see cref="RecordStatePB"/>.</summary>
internal static class RecordStates
{
    private static readonly FrozenDictionary<MessageDescriptor, int> Fields = new Dictionary<MessageDescriptor, int>
    {
        [InstanceInfoPB.Descriptor] = RecordStatePB.InstanceFieldNumber,
        [StorageVaultPB.Descriptor] = RecordStatePB.StorageVaultFieldNumber,
        [RamUserPB.Descriptor] = RecordStatePB.IamUserFieldNumber,
        [RecycleStagePB.Descriptor] = RecordStatePB.DroppedStageFieldNumber,
        [TxnInfoPB.Descriptor] = RecordStatePB.TxnFieldNumber,
        [TabletJobInfoPB.Descriptor] = RecordStatePB.TabletJobFieldNumber,
        [TabletStatsPB.Descriptor] = RecordStatePB.TabletStatsFieldNumber,
    }.ToFrozenDictionary();

    /// <summary>The number of the field that holds records of a type, one of those that a state can hold.</summary>
    public static int FieldOf(MessageDescriptor type) => Fields[type];
}
