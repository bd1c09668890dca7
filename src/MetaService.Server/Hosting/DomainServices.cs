using MetaService.Domain.Audit;
using MetaService.Domain.Clusters;
using MetaService.Domain.DeleteBitmaps;
using MetaService.Domain.Instances;
using MetaService.Domain.Jobs;
using MetaService.Domain.Partitions;
using MetaService.Domain.Rowsets;
using MetaService.Domain.Secrets;
using MetaService.Domain.Stages;
using MetaService.Domain.Tablets;
using MetaService.Domain.Txns;
using MetaService.Domain.Vaults;
using MetaService.Domain.Versions;
using MetaService.Security;
using MetaService.Server.Settings;
using MetaService.Storage;

namespace MetaService.Server.Hosting;

/// <summary>Registers the store and the services on it.</summary>
public static class DomainServices
{
    /// <param name="store">The store, which may still be opening; the container owns and closes it.</param>
    /// <param name="keys">Where the keys for secrets come from.</param>
    /// <param name="time">The clock that records, leases and timeouts go by.</param>
    public static void AddDomain(
        this IServiceCollection services, ServerOptions options, Task<IKvStore> store, IKeySource keys, TimeProvider time)
    {
        services.AddSingleton(time);
        services.AddSingleton(_ => store.GetAwaiter().GetResult());
        services.AddSingleton(provider => new TransactionRunner(
            provider.GetRequiredService<IKvStore>(), provider.GetRequiredService<TimeProvider>(), options.Transactions));

        services.AddSingleton(options.Secrets).AddSingleton(keys);
        services.AddSingleton<SecretKeys>().AddSingleton<SealedRecords>().AddSingleton<SecretRotation>();

        services.AddSingleton(options.Audit).AddSingleton<AuditService>();

        services.AddSingleton<InstanceService>();
        services.AddSingleton(options.Clusters).AddSingleton<ClusterService>();
        services.AddSingleton<ObjectStoreService>();
        services.AddSingleton(options.Stages).AddSingleton<StageService>();

        services.AddSingleton(options.Txns).AddSingleton<TxnService>().AddSingleton<TxnHousekeeping>();
        services.AddSingleton<TabletService>().AddSingleton<TabletStatsService>();
        services.AddSingleton<RowsetService>().AddSingleton<RowsetReadService>();
        services.AddSingleton<IndexService>().AddSingleton<PartitionService>().AddSingleton<VersionService>();
        services.AddSingleton<FinishPendingTxn>(provider =>
            (instanceId, txnId, token) => provider.GetRequiredService<TxnService>().DriveCommittedTxnAsync(instanceId, txnId, token));
        services.AddSingleton<TabletJobService>().AddSingleton<ExpiredJobs>();
        services.AddSingleton<DeleteBitmapService>().AddSingleton<DeleteBitmapLockService>();
    }
}
