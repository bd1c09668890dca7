using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using MetaService.UnitTests.Domain.Txns;
using MetaService.UnitTests.Security;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.UnitTests.Domain.Secrets;

/// <summary>A rotation seals everything with the current key, while others work, and knows when an old key is free.</summary>
public sealed class SecretRotationTests
{
    private readonly SecretWorld _world = new();

    [Fact]
    public async Task Everything_is_sealed_with_the_current_key_and_then_the_old_one_is_free()
    {
        await FillAsync(_world);
        await UseKey2Async(_world);

        var (last, examined, resealed) = await _world.RotateAsync(limit: 2);

        // The IAM user; a legacy instance with a dropped stage; one with a vault; a dropped one; a clear one.
        (examined, resealed).Should().Be((7, 6));
        (last.EncryptionMethod, last.KeyId, last.Failures.Count).Should().Be(("AES_256_GCM", 2, 0));
        last.RemovableKeyIds.Should().Equal(1);
        last.KeyIdsInUse.Should().BeEmpty();
        _world.KeyIdsInStore().Should().Equal(2);

        var withoutOld = new SecretWorld(_world.Store, new TestKeys(TestKeys.Ring(2, 2)));
        (await withoutOld.StoreOfAsync("legacy")).Sk.Should().Be("the-sk");
        (await withoutOld.StoreOfAsync("vault")).Sk.Should().Be("the-sk");
        (await withoutOld.Instances.GetAsync("dropped", null, default)).ObjInfo[0].Sk.Should().Be("the-sk");
        (await withoutOld.StoreOfAsync("clear")).Sk.Should().Be("clear-sk");
        var iam = await withoutOld.Stores.GetIamAsync(new GetIamRequest { CloudUniqueId = "1:legacy:x" }, default);
        iam.IamUser.Sk.Should().Be("iam-sk");
        var key = Key.RecycleStage("legacy", "s1");
        _world.Get(key).Stage.ObjInfo.EncryptionInfo.KeyId.Should().Be(2);
        _world.Holds("clear-sk").Should().BeFalse();
    }

    [Fact]
    public async Task Again_it_has_nothing_to_do_and_says_the_same()
    {
        await FillAsync(_world);
        await UseKey2Async(_world);
        await _world.RotateAsync();

        var (last, examined, resealed) = await _world.RotateAsync();

        (examined, resealed).Should().Be((7, 0));
        last.RemovableKeyIds.Should().Equal(1);
        _world.Source.Keyring = TestKeys.Ring(2, 1, 2, 3);
        await _world.Keys.ReloadAsync(default);
        (await _world.RotateAsync()).Last.RemovableKeyIds.Should().Equal([1], "key 3 is there to be used next");
    }

    [Fact]
    public async Task A_rotation_that_was_cut_off_goes_on_or_begins_again()
    {
        for (var i = 0; i < 10; i++)
        {
            await _world.CreateVaultInstanceAsync($"v{i}");
        }

        await UseKey2Async(_world);
        var first = await _world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = 7 }, default);
        (first.Examined, first.Resealed).Should().Be((7, 3));
        _world.KeyIdsInStore().Should().Equal(1, 2);

        var resumed = new SecretWorld(_world.Store, new TestKeys(TestKeys.Ring(2, 1, 2)));
        var (last, examined, resealed) = await resumed.RotateAsync(limit: 5, first.NextPageToken);
        (examined, resealed).Should().Be((14, 7));
        last.RemovableKeyIds.Should().Equal(1);

        (await _world.RotateAsync()).Resealed.Should().Be(0);
    }

    [Fact]
    public async Task Of_two_rotations_only_one_that_has_seen_everything_frees_the_old_key()
    {
        await _world.CreateVaultInstanceAsync("a");
        await _world.CreateVaultInstanceAsync("b");
        await UseKey2Async(_world);
        var first = await _world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = 3 }, default);
        await _world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = 1 }, default);

        var (last, _, _) = await _world.RotateAsync(pageToken: first.NextPageToken);

        last.RemovableKeyIds.Should().BeEmpty("the second rotation is under way");
        last.KeyIdsInUse.Should().Equal(1);
        (await _world.RotateAsync()).Last.RemovableKeyIds.Should().Equal(1);
    }

    [Fact]
    public async Task A_server_that_still_seals_with_the_old_key_keeps_it_from_being_freed()
    {
        await _world.CreateVaultInstanceAsync("a");
        await _world.CreateVaultInstanceAsync("b");
        var other = new SecretWorld(_world.Store, new TestKeys(TestKeys.Ring(1, 1, 2)));
        await UseKey2Async(_world);
        var first = await _world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = 3 }, default);
        await other.CreateVaultInstanceAsync("A-comes-first");

        var (last, _, _) = await _world.RotateAsync(pageToken: first.NextPageToken);
        last.RemovableKeyIds.Should().BeEmpty();
        last.KeyIdsInUse.Should().Equal(1);
        _world.KeyIdsInStore().Should().Equal(1, 2);

        var again = await _world.RotateAsync();
        (again.Resealed, string.Join(',', again.Last.RemovableKeyIds)).Should().Be((1, "1"));
        (await other.StoreOfAsync("A-comes-first")).Sk.Should().Be("the-sk");
    }

    [Fact]
    public async Task A_transaction_that_relied_on_a_check_record_as_it_was_conflicts_with_its_removal()
    {
        await _world.CreateVaultInstanceAsync("a");
        using var sealing = _world.Store.BeginTransaction();
        await SealAsync(sealing);

        _world.Change(transaction => transaction.Clear(Key.SecretKeyCheck(1).Bytes));

        (await sealing.CommitAsync()).Error.Should().Be(KvError.Conflict);
        await _world.CreateVaultInstanceAsync("b");
        _world.KeyIdsInStore().Should().Equal([1], "it is written again by the next one that seals");
    }

    [Fact]
    public async Task A_check_record_that_was_written_in_vain_is_not_relied_upon()
    {
        await _world.CreateVaultInstanceAsync("a");
        _world.Change(transaction => transaction.Clear(Key.SecretKeyCheck(1).Bytes));
        using (var abandoned = _world.Store.BeginTransaction())
        {
            await SealAsync(abandoned);
            await SealAsync(abandoned);
        }

        await _world.CreateVaultInstanceAsync("b");
        _world.KeyIdsInStore().Should().Equal(1);
    }

    [Fact]
    public async Task The_pages_of_one_rotation_seal_with_one_key()
    {
        await _world.CreateVaultInstanceAsync("a");
        var other = new SecretWorld(_world.Store, new TestKeys(TestKeys.Ring(1, 1, 2)));
        await UseKey2Async(_world);
        var first = await _world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = 1 }, default);

        var refusal = await TabletWorld.Refusal(
            () => other.RotateAsync(pageToken: first.NextPageToken), MetaServiceCode.InvalidArgument);
        refusal.Message.Should().Contain("AES_256_GCM key 2");

        other.Source.Keyring = TestKeys.Ring(2, 1, 2);
        (await other.RotateAsync(pageToken: first.NextPageToken)).Resealed.Should().Be(1, "it looks at its keys once more");
    }

    [Fact]
    public async Task Writes_go_on_while_it_runs_and_none_is_lost()
    {
        const int Instances = 12;
        const int Rounds = 15;
        for (var i = 0; i < Instances; i++)
        {
            await _world.CreateLegacyInstanceAsync($"i{i}");
        }

        await UseKey2Async(_world);
        var writers = Enumerable.Range(0, Instances).Select(i => Task.Run(async () =>
        {
            for (var round = 1; round <= Rounds; round++)
            {
                await _world.UpdateKeysAsync($"i{i}", $"ak-{i}-{round}", $"sk-{i}-{round}");
                (await _world.StoreOfAsync($"i{i}")).Sk.Should().Be($"sk-{i}-{round}");
            }
        })).ToList();
        var rotations = 0;
        while (writers.Exists(w => !w.IsCompleted))
        {
            (await _world.RotateAsync(limit: 5)).Last.Failures.Should().BeEmpty();
            rotations++;
        }

        await Task.WhenAll(writers);
        rotations.Should().BePositive();
        var (last, _, _) = await _world.RotateAsync();
        last.RemovableKeyIds.Should().Equal(1);
        for (var i = 0; i < Instances; i++)
        {
            var store = await _world.StoreOfAsync($"i{i}");
            (store.Ak, store.Sk).Should().Be(($"ak-{i}-{Rounds}", $"sk-{i}-{Rounds}"));
            var stored = _world.Get(Key.Instance($"i{i}"));
            (stored.ObjInfo[0].EncryptionInfo.KeyId, stored.RamUser.EncryptionInfo.KeyId).Should().Be((2, 2));
        }
    }

    [Fact]
    public async Task A_secret_sealed_between_the_look_at_the_keys_and_the_end_is_not_forgotten()
    {
        var store = new InterposedStore();
        var world = new SecretWorld(store);
        await world.CreateVaultInstanceAsync("a");
        var other = new SecretWorld(store, new TestKeys(TestKeys.Ring(1, 1, 2)));
        await UseKey2Async(world);
        var begun = await world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = 1 }, default);

        // The other server seals something right after the last record was sealed anew.
        store.AfterNextCommit = () => other.UpdateIamAsync();
        var (last, _, _) = await world.RotateAsync(pageToken: begun.NextPageToken);

        last.KeyIdsInUse.Should().Equal(1);
        world.KeyIdsInStore().Should().Equal(1, 2);
    }

    [Fact]
    public async Task What_does_not_open_is_named_and_keeps_its_key_from_being_freed()
    {
        await _world.CreateLegacyInstanceAsync("a");
        await _world.CreateLegacyInstanceAsync("b");
        var damaged = _world.Get(Key.Instance("a"));
        damaged.ObjInfo[0].Sk = "AAAA" + damaged.ObjInfo[0].Sk[4..];
        _world.PutClear(Key.Instance("a"), damaged);
        _world.PutClear(Key.Instance("c"), new InstanceInfoPB
        {
            InstanceId = "c",
            ObjInfo = { SecretWorld.ObjInfo(sk: new string('s', 80_000), id: "1") },
        });
        await UseKey2Async(_world);

        var (last, _, resealed) = await _world.RotateAsync();

        resealed.Should().Be(1);
        last.Failures.Should().HaveCount(2);
        last.Failures[0].Should().StartWith("obj_info/1 of instance a does not open with key 1")
            .And.NotContain(damaged.ObjInfo[0].Sk);
        last.Failures[1].Should().StartWith("the record of instance c would take");
        last.RemovableKeyIds.Should().BeEmpty();
        last.KeyIdsInUse.Should().Equal(1);
        _world.Get(Key.Instance("a")).Should().Be(damaged);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    [InlineData(-1)]
    public async Task A_limit_is_1_to_1000(int limit) => await TabletWorld.Refusal(
        () => _world.Rotation.RotateAsync(new RotateSecretsRequest { Limit = limit }, default), MetaServiceCode.InvalidArgument);

    [Theory]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("IAk=")]
    [InlineData("CgF4IAk=")]
    public async Task A_token_is_one_of_a_reply(string token) => await TabletWorld.Refusal(
        () => _world.Rotation.RotateAsync(new RotateSecretsRequest { PageToken = token }, default),
        MetaServiceCode.InvalidArgument);

    private static async Task UseKey2Async(SecretWorld world)
    {
        world.Source.Keyring = TestKeys.Ring(2, 1, 2);
        (await world.Keys.ReloadAsync(default)).Should().BeTrue();
    }

    private static async Task FillAsync(SecretWorld world)
    {
        await world.UpdateIamAsync();
        await world.CreateLegacyInstanceAsync("legacy");
        await world.CreateVaultInstanceAsync("vault");
        await world.CreateLegacyInstanceAsync("dropped");
        await world.Instances.AlterAsync(
            new AlterInstanceRequest { InstanceId = "dropped", Op = AlterInstanceRequest.Types.Operation.Drop }, default);
        var clear = new InstanceInfoPB { InstanceId = "clear", ObjInfo = { SecretWorld.ObjInfo(sk: "clear-sk") } };
        world.PutClear(Key.Instance("clear"), clear);

        var legacy = world.Get(Key.Instance("legacy"));
        legacy.Stages.Add(new StagePB
        {
            StageId = "s1",
            Type = StageType.Internal,
            MysqlUserName = { "u" },
            MysqlUserId = { "u1" },
            ObjInfo = new ObjectStoreInfoPB { Ak = "stage-ak", Sk = "stage-sk" },
        });
        world.PutClear(Key.Instance("legacy"), legacy);
        await world.Stages.DropStageAsync(
            new DropStageRequest { CloudUniqueId = "1:legacy:x", Type = StageType.Internal, MysqlUserId = "u1" }, default);
    }

    private ValueTask SealAsync(IKvTransaction transaction) => _world.Secrets.SetAsync(
        new AuditedChange(transaction, null),
        Key.Instance("sealing"),
        new InstanceInfoPB { InstanceId = "sealing", ObjInfo = { SecretWorld.ObjInfo(id: "1") } },
        "the record",
        default);
}
