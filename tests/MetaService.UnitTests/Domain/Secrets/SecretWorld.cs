using System.Text;
using Google.Protobuf;
using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Domain.Stages;
using MetaService.Domain.Vaults;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Security;
using MetaService.Storage;
using MetaService.UnitTests.Security;

namespace MetaService.UnitTests.Domain.Secrets;

/// <summary>A server with keys of its own, on a store of its own or on that of another one.</summary>
internal sealed class SecretWorld
{
    public SecretWorld(IKvStore? store = null, TestKeys? source = null, string method = SecretCipher.Method)
    {
        Store = store ?? new InMemoryKvStore(TimeProvider.System);
        Source = source ?? new TestKeys();
        var options = new SecretOptions { Method = method };
        Runner = new TransactionRunner(Store, TimeProvider.System);
        Keys = TestKeys.Started(Runner, Source, options);
        Secrets = new SealedRecords(Keys, options);
        Instances = new InstanceService(Runner, TimeProvider.System, Secrets);
        Stores = new ObjectStoreService(Runner, TimeProvider.System, Secrets);
        Stages = new StageService(Runner, TimeProvider.System, new StageOptions(), Secrets);
        Clusters = new ClusterService(Runner, TimeProvider.System, new ClusterOptions(), Secrets);
        Rotation = new SecretRotation(Runner, Keys, Secrets, TimeProvider.System);
    }

    public IKvStore Store { get; }

    public TestKeys Source { get; }

    public TransactionRunner Runner { get; }

    public SecretKeys Keys { get; }

    public SealedRecords Secrets { get; }

    public InstanceService Instances { get; }

    public ObjectStoreService Stores { get; }

    public StageService Stages { get; }

    public ClusterService Clusters { get; }

    public SecretRotation Rotation { get; }

    public static ObjectStoreInfoPB ObjInfo(string ak = "the-ak", string sk = "the-sk", string id = "") => new()
    {
        Id = id,
        Ak = ak,
        Sk = sk,
        Bucket = "bucket",
        Prefix = "p",
        Endpoint = "e",
        ExternalEndpoint = "e",
        Region = "r",
        UserId = "bucket-user",
        Provider = ObjectStoreInfoPB.Types.Provider.S3,
    };

    public Task CreateVaultInstanceAsync(string id) => Instances.CreateAsync(
        new CreateInstanceRequest
        {
            InstanceId = id,
            Name = "n",
            UserId = "u",
            Vault = new StorageVaultPB { ObjInfo = ObjInfo() },
        },
        default);

    public Task CreateLegacyInstanceAsync(string id) => Instances.CreateAsync(
        new CreateInstanceRequest
        {
            InstanceId = id,
            Name = "n",
            UserId = "u",
            ObjInfo = ObjInfo(),
            RamUser = new RamUserPB { UserId = "ram", Ak = "ram-ak", Sk = "ram-sk" },
        },
        default);

    public Task CreateStageAsync(string instanceId, StagePB stage) => Stages.CreateStageAsync(
        new CreateStageRequest { CloudUniqueId = $"1:{instanceId}:x", Stage = stage }, default);

    public async Task<ObjectStoreInfoPB> StoreOfAsync(string instanceId)
    {
        var info = await Stores.GetAsync(new GetObjStoreInfoRequest { CloudUniqueId = $"1:{instanceId}:x" }, default);
        return info.EnableStorageVault ? info.StorageVault.Single().ObjInfo : info.ObjInfo.Last();
    }

    public Task UpdateIamAsync() =>
        Stores.AlterIamAsync(new AlterIamRequest { AccountId = "acc", Ak = "iam-ak", Sk = "iam-sk" }, default);

    public Task UpdateKeysAsync(string instanceId, string ak, string sk) => Stores.UpdateKeysAsync(
        new UpdateAkSkRequest
        {
            InstanceId = instanceId,
            InternalBucketUser = { new RamUserPB { UserId = "bucket-user", Ak = ak, Sk = sk } },
        },
        default);

    /// <summary>Goes through all pages of a rotation.</summary>
    public async Task<(RotateSecretsResponse Last, int Examined, int Resealed)> RotateAsync(
        int limit = 1000, string pageToken = "")
    {
        var (examined, resealed) = (0, 0);
        while (true)
        {
            var page = await Rotation.RotateAsync(new RotateSecretsRequest { Limit = limit, PageToken = pageToken }, default);
            (examined, resealed, pageToken) = (examined + page.Examined, resealed + page.Resealed, page.NextPageToken);
            if (pageToken.Length == 0)
            {
                return (page, examined, resealed);
            }
        }
    }

    public T Get<T>(SecretRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        Runner.ReadAsync((reader, token) => reader.GetAsync(key, cancellationToken: token)).GetAwaiter().GetResult()!;

    public T? Get<T>(RecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        Runner.ReadAsync((reader, token) => reader.GetAsync(key, cancellationToken: token)).GetAwaiter().GetResult();

    public void PutClear<T>(SecretRecordKey<T> key, T record)
        where T : class, IMessage<T>, new() =>
        Change(transaction => transaction.SetClear(key, record));

    public void Change(Action<IKvTransaction> change) => Runner.RunAsync((transaction, _) =>
    {
        change(transaction);
        return ValueTask.FromResult(true);
    }).GetAwaiter().GetResult();

    /// <summary>The ids of the keys that the store says secrets are sealed with.</summary>
    public IReadOnlyCollection<long> KeyIdsInStore() => SecretKeys.IdsInUseAsync(Runner, default).GetAwaiter().GetResult();

    /// <summary>Whether any value of the store holds a text in clear.</summary>
    public bool Holds(string text)
    {
        using var reader = Store.BeginRead();
        var all = reader.GetRangeAsync(new byte[] { 0 }, new byte[] { 0xFF }).AsTask().GetAwaiter().GetResult();
        var bytes = Encoding.UTF8.GetBytes(text);
        return all.Pairs.Any(pair => pair.Value.AsSpan().IndexOf(bytes) >= 0 || pair.Key.AsSpan().IndexOf(bytes) >= 0);
    }
}
