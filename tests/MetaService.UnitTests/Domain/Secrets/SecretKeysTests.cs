using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;
using MetaService.UnitTests.Security;

namespace MetaService.UnitTests.Domain.Secrets;

/// <summary>A server starts with the right keys only, and follows them while it runs.</summary>
public sealed class SecretKeysTests
{
    private readonly SecretWorld _world = new();

    [Fact]
    public void A_start_notes_the_key_that_it_will_seal_with()
    {
        _world.KeyIdsInStore().Should().Equal(1);
        Start(_world.Store, TestKeys.Ring(2, 1, 2)).KeyIdsInStore().Should().Equal(1, 2);
        Start(_world.Store, TestKeys.Ring(1, 1, 2, 3)).KeyIdsInStore().Should().Equal(1, 2);
    }

    [Fact]
    public void A_start_without_a_key_that_secrets_are_sealed_with_is_refused()
    {
        var start = () => Start(_world.Store, TestKeys.Ring(2, 2));
        start.Should().Throw<SecretKeyException>().WithMessage("the keys of the test does not hold key 1, *");
        _world.KeyIdsInStore().Should().Equal([1], "a refusal changes nothing");
    }

    [Fact]
    public void A_start_with_another_key_under_its_id_is_refused()
    {
        var start = () => Start(_world.Store, new SecretKeyring([TestKeys.Other(1), TestKeys.Of(2)], 2));
        start.Should().Throw<SecretKeyException>().WithMessage("key 1 in the keys of the test is not the key 1 *");
    }

    [Fact]
    public async Task The_first_key_is_made_only_for_a_store_that_was_never_sealed()
    {
        var store = new InMemoryKvStore(TimeProvider.System);
        var runner = new TransactionRunner(store, TimeProvider.System);
        var first = new EmptySource();
        await new SecretKeys(first, new SecretOptions(), runner, TimeProvider.System).StartAsync(default);
        first.Created.Should().Be(1);

        var second = new EmptySource();
        var start = () => new SecretKeys(second, new SecretOptions(), runner, TimeProvider.System).StartAsync(default);
        (await start.Should().ThrowAsync<SecretKeyException>()).WithMessage("the empty source is missing, *key 1*");
        second.Created.Should().Be(0);

        var unsealed = new TransactionRunner(new InMemoryKvStore(TimeProvider.System), TimeProvider.System);
        var upstream = new SecretKeys(first, new SecretOptions { Method = UpstreamEcb.Method }, unsealed, TimeProvider.System);
        await upstream.StartAsync(default);
        (first.Created, upstream.Keyring.Ids.Count).Should().Be((1, 0), "who seals as upstream does needs no key of its own");
    }

    [Fact]
    public async Task New_keys_are_taken_over_when_they_are_read_again()
    {
        (await _world.Keys.ReloadAsync(default)).Should().BeFalse();
        _world.Source.Keyring = TestKeys.Ring(2, 1, 2);
        (await _world.Keys.ReloadAsync(default)).Should().BeTrue();

        await _world.CreateVaultInstanceAsync("v");

        _world.Get(Key.StorageVault("v", "1")).ObjInfo.EncryptionInfo.KeyId.Should().Be(2);
        _world.KeyIdsInStore().Should().Equal(1, 2);
    }

    [Theory]
    [MemberData(nameof(WrongKeyrings))]
    public async Task Keys_that_are_not_right_leave_those_in_use(SecretKeyring wrong, string part)
    {
        _world.Source.Keyring = wrong;

        var reload = () => _world.Keys.ReloadAsync(default);

        (await reload.Should().ThrowAsync<SecretKeyException>()).Which.Message.Should().Contain(part);
        _world.Keys.Keyring.ToString().Should().Be("keys 1; current 1");
        await _world.CreateVaultInstanceAsync("v");
        (await _world.StoreOfAsync("v")).Sk.Should().Be("the-sk");
    }

    public static TheoryData<SecretKeyring, string> WrongKeyrings => new()
    {
        { new SecretKeyring([TestKeys.Other(1)], 1), "key 1 in the keys of the test is another one than before" },
        { TestKeys.Ring(2, 2), "does not hold key 1" },
    };

    [Fact]
    public async Task A_key_that_a_record_names_is_looked_for_once_before_the_request_fails()
    {
        await _world.CreateVaultInstanceAsync("v");
        var other = Start(_world.Store, TestKeys.Ring(1, 1));
        _world.Source.Keyring = TestKeys.Ring(2, 1, 2);
        await _world.Keys.ReloadAsync(default);
        await _world.RotateAsync();

        var before = other.Source.Loads;
        for (var i = 0; i < 5; i++)
        {
            (await TabletWorld.Refusal(() => other.StoreOfAsync("v"), MetaServiceCode.ErrDecpypt))
                .Message.Should().Be(
                    "storage_vault/1 of instance v is sealed with key 2, which this server does not have: add that key to it");
        }

        other.Source.Loads.Should().Be(before + 1, "one look is enough for many requests at once");
        var third = Start(_world.Store, TestKeys.Ring(1, 1, 2));
        third.Source.Keyring = TestKeys.Ring(1, 1, 2, 3);
        _world.Source.Keyring = TestKeys.Ring(3, 1, 2, 3);
        await _world.Keys.ReloadAsync(default);
        await _world.RotateAsync();
        (await third.StoreOfAsync("v")).Sk.Should().Be("the-sk");
    }

    [Fact]
    public async Task A_source_that_cannot_be_read_is_no_more_than_a_missing_key()
    {
        await _world.CreateVaultInstanceAsync("v");
        var other = Start(_world.Store, TestKeys.Ring(1, 1));
        _world.Source.Keyring = TestKeys.Ring(2, 1, 2);
        await _world.Keys.ReloadAsync(default);
        await _world.RotateAsync();

        other.Source.Fault = "it is gone";

        await TabletWorld.Refusal(() => other.StoreOfAsync("v"), MetaServiceCode.ErrDecpypt);
        (await TabletWorld.Refusal(() => other.RotateAsync(), MetaServiceCode.ErrEncrypt)).Message.Should().Contain("it is gone");
    }

    [Fact]
    public async Task Two_servers_with_different_keys_under_one_id_do_not_both_seal_with_it()
    {
        var other = Start(_world.Store, TestKeys.Ring(1, 1));
        other.Source.Keyring = new SecretKeyring([TestKeys.Of(1), TestKeys.Other(2)], 2);
        await other.Keys.ReloadAsync(default);
        _world.Source.Keyring = TestKeys.Ring(2, 1, 2);
        await _world.Keys.ReloadAsync(default);

        await _world.CreateVaultInstanceAsync("v");
        var refusal = await TabletWorld.Refusal(() => other.CreateVaultInstanceAsync("w"), MetaServiceCode.ErrEncrypt);

        refusal.Message.Should().Contain("key 2 of this server is not the key 2");
        await TabletWorld.Refusal(() => other.StoreOfAsync("w"), MetaServiceCode.ClusterNotFound);
    }

    private static SecretWorld Start(IKvStore store, SecretKeyring keyring) => new(store, new TestKeys(keyring));

    /// <summary>A source without keys, which makes the first one.</summary>
    private sealed class EmptySource : IKeySource
    {
        public int Created { get; private set; }

        public string Name => "the empty source";

        public TimeSpan? ReloadInterval => null;

        public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken) => Task.FromResult<SecretKeyring?>(null);

        public Task<SecretKeyring> CreateAsync(CancellationToken cancellationToken)
        {
            Created++;
            return Task.FromResult(TestKeys.Ring(1, 1));
        }
    }
}
