using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;
using MetaService.UnitTests.Domain.Txns;
using MetaService.UnitTests.Security;
using AccessType = MetaService.Records.Cloud.StagePB.Types.StageAccessType;
using Operation = MetaService.Records.Cloud.AlterClusterRequest.Types.Operation;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.UnitTests.Domain.Secrets;

/// <summary>Secrets are sealed whenever they are written and opened only for those who need them.</summary>
public sealed class SealedRecordsTests
{
    private readonly SecretWorld _world = new();

    [Fact]
    public async Task Secrets_are_stored_sealed_and_shown_open()
    {
        await _world.CreateLegacyInstanceAsync("i");
        await _world.CreateVaultInstanceAsync("v");
        await _world.Stores.AlterIamAsync(new AlterIamRequest { AccountId = "acc", Ak = "iam-ak", Sk = "iam-sk" }, default);

        var stored = _world.Get(Key.Instance("i"));
        stored.ObjInfo[0].EncryptionInfo.Should().Be(new EncryptionInfoPB { EncryptionMethod = "AES_256_GCM", KeyId = 1 });
        stored.RamUser.EncryptionInfo.KeyId.Should().Be(1);
        foreach (var secret in new[] { "the-ak", "the-sk", "ram-ak", "ram-sk", "iam-ak", "iam-sk" })
        {
            _world.Holds(secret).Should().BeFalse(secret);
        }

        var shown = await _world.Instances.GetAsync("i", null, default);
        (shown.ObjInfo[0].Ak, shown.ObjInfo[0].Sk, shown.ObjInfo[0].IsSealed()).Should().Be(("the-ak", "the-sk", false));
        (shown.RamUser.Ak, shown.RamUser.Sk, shown.RamUser.IsSealed()).Should().Be(("ram-ak", "ram-sk", false));
        (shown.IamUser.Ak, shown.IamUser.Sk, shown.IamUser.IsSealed()).Should().Be(("iam-ak", "iam-sk", false));
        (await _world.StoreOfAsync("v")).Sk.Should().Be("the-sk");
        var iam = await _world.Stores.GetIamAsync(new GetIamRequest { CloudUniqueId = "1:i:x" }, default);
        (iam.IamUser.Sk, iam.RamUser.Sk).Should().Be(("iam-sk", "ram-sk"));
    }

    [Fact]
    public async Task Who_does_not_look_at_secrets_leaves_them_as_they_are()
    {
        await _world.CreateLegacyInstanceAsync("i");
        var before = _world.Get(Key.Instance("i"));
        _world.Source.Keyring = TestKeys.Ring(2, 1, 2);
        await _world.Keys.ReloadAsync(default);

        await AddClusterAsync(_world, "i");
        await _world.Instances.AlterAsync(
            new AlterInstanceRequest { InstanceId = "i", Name = "other", Op = AlterInstanceRequest.Types.Operation.Rename }, default);

        var after = _world.Get(Key.Instance("i"));
        after.Clusters.Should().ContainSingle();
        after.ObjInfo.Should().Equal(before.ObjInfo);
        after.RamUser.Should().Be(before.RamUser);
    }

    [Fact]
    public async Task Who_does_not_look_at_secrets_does_not_need_their_key()
    {
        await _world.CreateLegacyInstanceAsync("i");
        _world.Change(t => t.Clear(Key.SecretKeyCheck(1)));
        var stranger = new SecretWorld(_world.Store, new TestKeys(TestKeys.Ring(9, 9)));

        await AddClusterAsync(stranger, "i");
        (await stranger.Instances.GetMaskedAsync("i", null, default)).ObjInfo[0].Sk.Should().Be("******");
        await stranger.Stores.AlterRamUserAsync(
            new AlterRamUserRequest { InstanceId = "i", RamUser = new RamUserPB { UserId = "r", Ak = "a", Sk = "s" } }, default);

        (await _world.StoreOfAsync("i")).Sk.Should().Be("the-sk");
        (await TabletWorld.Refusal(() => _world.Instances.GetAsync("i", null, default), MetaServiceCode.ErrDecpypt))
            .Message.Should().Contain("ram_user of instance i is sealed with key 9");
    }

    [Fact]
    public async Task A_masked_instance_tells_nothing_of_how_its_secrets_are_stored()
    {
        await _world.CreateLegacyInstanceAsync("i");
        await _world.Stores.AlterIamAsync(new AlterIamRequest { AccountId = "acc", Ak = "iam-ak", Sk = "iam-sk" }, default);

        var masked = await _world.Instances.GetMaskedAsync("i", null, default);

        foreach (var pair in new IAccessKeyPair[] { masked.ObjInfo[0], masked.RamUser, masked.IamUser })
        {
            (pair.Ak, pair.Sk, pair.IsSealed()).Should().Be(("******", "******", false));
        }
    }

    [Fact]
    public async Task A_clear_record_of_an_older_version_is_read_and_sealed_when_it_is_written_next()
    {
        var old = new InstanceInfoPB { InstanceId = "i", ObjInfo = { SecretWorld.ObjInfo(id: "1") }, SseEnabled = true };
        _world.PutClear(Key.Instance("i"), old);
        (await _world.StoreOfAsync("i")).Sk.Should().Be("the-sk");
        _world.Holds("the-sk").Should().BeTrue("reading changes nothing");

        await AddClusterAsync(_world, "i");

        _world.Holds("the-sk").Should().BeFalse();
        (await _world.StoreOfAsync("i")).Should().Be(old.ObjInfo[0]);
    }

    [Fact]
    public async Task Keys_that_are_replaced_are_compared_open_and_stored_sealed()
    {
        await _world.CreateLegacyInstanceAsync("i");
        await TabletWorld.Refusal(() => _world.UpdateKeysAsync("i", "the-ak", "the-sk"), MetaServiceCode.InvalidArgument);
        var add = new AlterObjStoreInfoRequest
        {
            Op = AlterObjStoreInfoRequest.Types.Operation.AddObjInfo,
            CloudUniqueId = "1:i:x",
            Obj = SecretWorld.ObjInfo(),
        };
        (await TabletWorld.Refusal(() => _world.Stores.AlterAsync(add, default), MetaServiceCode.InvalidArgument))
            .Message.Should().Contain("same conf");

        await _world.UpdateKeysAsync("i", "new-ak", "new-sk");

        (await _world.StoreOfAsync("i")).Sk.Should().Be("new-sk");
        _world.Holds("new-sk").Should().BeFalse();
        _world.Get(Key.Instance("i")).ObjInfo[0].EncryptionInfo.KeyId.Should().Be(1);
    }

    [Fact]
    public async Task A_vault_that_changes_its_keys_or_takes_a_role_keeps_none_of_the_old_ones()
    {
        await _world.CreateVaultInstanceAsync("v");
        await AlterVaultAsync(new ObjectStoreInfoPB { Ak = "new-ak", Sk = "new-sk" });
        (await _world.StoreOfAsync("v")).Sk.Should().Be("new-sk");
        await AlterVaultAsync(new ObjectStoreInfoPB { UsePathStyle = true });
        (await _world.StoreOfAsync("v")).Sk.Should().Be("new-sk");

        await AlterVaultAsync(new ObjectStoreInfoPB { RoleArn = "arn" });

        var stored = _world.Get(Key.StorageVault("v", "1")).ObjInfo;
        (stored.HasAk, stored.HasSk, stored.IsSealed()).Should().Be((false, false, false));
        (await _world.StoreOfAsync("v")).RoleArn.Should().Be("arn");
    }

    [Fact]
    public async Task A_dropped_stage_takes_its_secrets_along()
    {
        _world.PutClear(Key.Instance("i"), new InstanceInfoPB
        {
            InstanceId = "i",
            ObjInfo = { SecretWorld.ObjInfo(id: "1") },
            Stages =
            {
                new StagePB
                {
                    StageId = "s1", Type = StageType.Internal, MysqlUserName = { "u" }, MysqlUserId = { "u1" },
                    ObjInfo = new ObjectStoreInfoPB { Ak = "stage-ak", Sk = "stage-sk" },
                },
            },
        });
        await AddClusterAsync(_world, "i");

        await _world.Stages.DropStageAsync(
            new DropStageRequest { CloudUniqueId = "1:i:x", Type = StageType.Internal, MysqlUserId = "u1" }, default);

        _world.Holds("stage-sk").Should().BeFalse();
        var key = Key.RecycleStage("i", "s1");
        var recycled = _world.Get(key);
        await _world.Runner.ReadAsync(async (reader, token) =>
        {
            await _world.Secrets.OpenAsync(reader, key, recycled, token);
            return true;
        });
        recycled.Stage.ObjInfo.Sk.Should().Be("stage-sk");
    }

    [Fact]
    public async Task A_request_cannot_pass_off_a_clear_secret_as_a_sealed_one()
    {
        await _world.CreateLegacyInstanceAsync("i");
        var stage = new StagePB
        {
            Type = StageType.External,
            StageId = "s",
            Name = "e",
            AccessType = AccessType.Aksk,
            ObjInfo = SecretWorld.ObjInfo(),
        };
        stage.ObjInfo.EncryptionInfo = new EncryptionInfoPB { EncryptionMethod = "AES_256_GCM", KeyId = 1 };

        await _world.CreateStageAsync("i", stage);

        _world.Holds("the-sk").Should().BeFalse();
        var request = new GetStageRequest { CloudUniqueId = "1:i:x", Type = StageType.External, StageName = "e" };
        (await _world.Stages.GetStageAsync(request, default)).Stage.Single().ObjInfo.Sk.Should().Be("the-sk");
    }

    [Fact]
    public async Task A_sealed_secret_opens_nowhere_else()
    {
        await _world.CreateLegacyInstanceAsync("i");
        await _world.CreateLegacyInstanceAsync("j");
        var moved = _world.Get(Key.Instance("i"));
        moved.InstanceId = "j";
        _world.PutClear(Key.Instance("j"), moved);

        var refusal = await TabletWorld.Refusal(() => _world.StoreOfAsync("j"), MetaServiceCode.ErrDecpypt);
        refusal.Message.Should().Contain("obj_info/1 of instance j does not open with key 1").And.NotContain(moved.ObjInfo[0].Sk);
    }

    [Fact]
    public async Task A_record_that_is_too_long_once_it_is_sealed_is_refused()
    {
        await _world.CreateLegacyInstanceAsync("i");
        var store = SecretWorld.ObjInfo(sk: new string('s', 80_000), id: "1");
        var clear = new InstanceInfoPB { InstanceId = "i", ObjInfo = { store } };
        clear.CalculateSize().Should().BeLessThan(KvLimits.ValueBytes);
        _world.PutClear(Key.Instance("i"), clear);

        var refusal = await TabletWorld.Refusal(() => AddClusterAsync(_world, "i"), MetaServiceCode.InvalidArgument);

        refusal.Message.Should().Contain("the record of instance i would take").And.Contain("100000");
        _world.Get(Key.Instance("i")).Should().Be(clear);
    }

    [Fact]
    public async Task A_transaction_that_runs_again_seals_what_it_was_given()
    {
        var store = new InterposedStore();
        var world = new SecretWorld(store);
        await world.CreateLegacyInstanceAsync("i");
        var runs = 0;
        await world.Runner.RunAsync(async (transaction, token) =>
        {
            var instance = (await transaction.GetAsync(Key.Instance("i"), cancellationToken: token))!;
            await world.Secrets.OpenAsync(transaction, Key.Instance("i"), instance, token);
            if (runs++ == 0)
            {
                await world.UpdateKeysAsync("i", "between", "between");
            }

            await world.Secrets.SetAsync(
                new AuditedChange(transaction, null), Key.Instance("i"), instance, "it", token);
            instance.ObjInfo[0].EncryptionInfo.Should().BeNull("the caller's record stays as it is");
            return true;
        });

        runs.Should().Be(2);
        (await world.StoreOfAsync("i")).Sk.Should().Be("between");
    }

    [Fact]
    public async Task Unknown_methods_are_named_as_such()
    {
        var store = SecretWorld.ObjInfo(id: "1");
        store.EncryptionInfo = new EncryptionInfoPB { EncryptionMethod = "ROT13", KeyId = 1 };
        _world.PutClear(Key.Instance("i"), new InstanceInfoPB { InstanceId = "i", ObjInfo = { store } });

        (await TabletWorld.Refusal(() => _world.StoreOfAsync("i"), MetaServiceCode.ErrDecpypt))
            .Message.Should().Contain("obj_info/1 of instance i").And.NotContain("the-sk");
    }

    private static Task AddClusterAsync(SecretWorld world, string instanceId) => world.Clusters.AlterAsync(
        new AlterClusterRequest
        {
            InstanceId = instanceId,
            Op = Operation.AddCluster,
            Cluster = new ClusterPB { ClusterId = "c", ClusterName = "c", Type = ClusterPB.Types.Type.Compute },
        },
        default);

    private Task AlterVaultAsync(ObjectStoreInfoPB change) => _world.Stores.AlterAsync(
        new AlterObjStoreInfoRequest
        {
            Op = AlterObjStoreInfoRequest.Types.Operation.AlterS3Vault,
            CloudUniqueId = "1:v:x",
            Vault = new StorageVaultPB { Name = "built_in_storage_vault", ObjInfo = change },
        },
        default);
}
