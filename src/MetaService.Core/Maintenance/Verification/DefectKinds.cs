using System.Reflection;

namespace MetaService.Maintenance.Verification;

/// <summary>All kinds of defects that a verification tells apart, with what to do about each.</summary>
public static class DefectKinds
{
    private const string Restore = "no endpoint repairs this: restore the store from a backup, and report it";

    private const string FixStats = "correct the statistics with fix_tablet_stats";

    public static readonly DefectKind UnknownKey = new(
        "unknown_key", "if no newer version and no other program has written it, restore the store from a backup, and report it");

    public static readonly DefectKind UnreadableValue = new("unreadable_value", Restore);

    public static readonly DefectKind BrokenSplitValue = new("broken_split_value", Restore);

    public static readonly DefectKind KeyMismatch = new("key_mismatch", Restore);

    public static readonly DefectKind ImpossibleValue = new("impossible_value", Restore);

    public static readonly DefectKind Orphan = new(
        "orphan", "if the instance was not removed on purpose, restore the store from a backup, and report it");

    public static readonly DefectKind DroppedInstanceInUse = new("dropped_instance_in_use", Restore);

    public static readonly DefectKind DuplicateCluster = new(
        "duplicate_cluster", "drop or rename one of the clusters (drop_cluster, rename_cluster)");

    public static readonly DefectKind DuplicateNode = new("duplicate_node", "drop the node once (drop_node)");

    public static readonly DefectKind NodeOwnerMissing = new(
        "node_owner_missing", "add another node with this cloud_unique_id to the cluster, then drop it (add_node, drop_node)");

    public static readonly DefectKind NodeOwnerWrong = new(
        "node_owner_wrong", "add a node with this cloud_unique_id to the other instance and drop it there, then in this one");

    public static readonly DefectKind NodeInTwoInstances = new(
        "node_in_two_instances", "drop the node from the instance that it does not belong to (drop_node), then verify again");

    public static readonly DefectKind OwnerWithoutNode = new(
        "owner_without_node", "add a node with this cloud_unique_id to the instance, then drop it (add_node, drop_node)");

    public static readonly DefectKind VaultListBroken = new("vault_list_broken", Restore);

    public static readonly DefectKind VaultMissing = new("vault_missing", Restore);

    public static readonly DefectKind VaultUnlisted = new("vault_unlisted", Restore);

    public static readonly DefectKind VaultNameMismatch = new("vault_name_mismatch", Restore);

    public static readonly DefectKind DefaultVaultWrong = new(
        "default_vault_wrong", "set the default vault again (alter_storage_vault with SET_DEFAULT_VAULT)");

    public static readonly DefectKind StageBroken = new(
        "stage_broken", "drop the stage and create it again (drop_stage, create_stage)");

    public static readonly DefectKind TxnStatusUnknown = new("txn_status_unknown", Restore);

    public static readonly DefectKind TxnIndexMissing = new(
        "txn_index_missing", "abort the transaction by db_id and label unless it is finished (abort_txn), then clean_txn_label");

    public static readonly DefectKind TxnIndexDangling = new("txn_index_dangling", Restore);

    public static readonly DefectKind TxnLabelMissing = new(
        "txn_label_missing",
        "finish or abort the transaction (abort_txn), and let nobody load the same data under the label again meanwhile");

    public static readonly DefectKind TxnLabelDangling = new("txn_label_dangling", "free the label with clean_txn_label");

    public static readonly DefectKind TxnRunningMissing = new(
        "txn_running_missing", "commit or abort the transaction (abort_txn); txn_lazy_commit finishes one that is committed");

    public static readonly DefectKind TxnRunningStale = new(
        "txn_running_stale", "none needed: the housekeeping of a server removes it once its timeout has passed");

    public static readonly DefectKind TxnRecycleMissing = new(
        "txn_recycle_missing", "remove the transaction with its label (clean_txn_label): the housekeeping does not see it");

    public static readonly DefectKind TxnRecycleStale = new(
        "txn_recycle_stale", "none needed: the housekeeping of a server removes it once Txns:LabelKeep has passed");

    public static readonly DefectKind TxnRecycleEarly = new(
        "txn_recycle_early", "commit or abort the transaction before Txns:LabelKeep has passed and the housekeeping removes it");

    public static readonly DefectKind PartitionVersionInvalid = new("partition_version_invalid", Restore);

    public static readonly DefectKind PartitionVersionBehind = new("partition_version_behind", Restore);

    public static readonly DefectKind PendingTxnWrong = new("pending_txn_wrong", Restore);

    public static readonly DefectKind TabletMetaMissing = new("tablet_meta_missing", Restore);

    public static readonly DefectKind TabletIndexMissing = new("tablet_index_missing", Restore);

    public static readonly DefectKind TabletIndexWrong = new("tablet_index_wrong", Restore);

    public static readonly DefectKind TabletStatsMissing = new("tablet_stats_missing", Restore);

    public static readonly DefectKind TabletStatsNegative = new("tablet_stats_negative", FixStats);

    public static readonly DefectKind TabletStatsWrong = new("tablet_stats_wrong", FixStats);

    public static readonly DefectKind TabletCountersIncomplete = new("tablet_counters_incomplete", FixStats);

    public static readonly DefectKind TabletJobStray = new(
        "tablet_job_stray",
        "abort it (abort_tablet_job, or the RPC finish_tablet_job for a schema change), or wait until it expires and is removed");

    public static readonly DefectKind RowsetStray = new("rowset_stray", Restore);

    public static readonly DefectKind RowsetVersionsWrong = new("rowset_versions_wrong", Restore);

    public static readonly DefectKind RowsetVisibleAndRecycled = new(
        "rowset_visible_and_recycled",
        "keep recyclers from removing the files of a rowset in use; then restore the store from a backup, and report it");

    public static readonly DefectKind SchemaMissing = new("schema_missing", Restore);

    public static readonly DefectKind SchemaDictionaryIncomplete = new("schema_dictionary_incomplete", Restore);

    public static readonly DefectKind PendingBitmapStray = new(
        "pending_bitmap_stray", "load into the table only after you have restored the store from a backup, and report it");

    /// <summary>All kinds, in the order of their declaration.</summary>
    public static IReadOnlyList<DefectKind> All { get; } =
    [
        .. typeof(DefectKinds).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => f.GetValue(null))
            .OfType<DefectKind>(),
    ];
}
