using System.Text;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.UnitTests.Security;

namespace MetaService.UnitTests.Domain.Secrets;

/// <summary>Stores that upstream works on too.</summary>
public sealed class UpstreamRecordsTests
{
    private const string Clear = "Hx60p12123af234541nsVsffdfsdfghsdfhsdf34t";
    private const string Sealed = "JUkuTDctR+ckJtnPkLScWaQZRcOtWBhsLLpnCRxQLxr734qB8cs6gNLH6grE1FxO";

    private static readonly string RootKey = Convert.ToBase64String(Encoding.ASCII.GetBytes("selectdbselectdbselectdbselectdb"));

    private readonly SecretWorld _world = new();

    [Fact]
    public async Task What_upstream_sealed_is_read_and_sealed_anew_when_it_is_written()
    {
        PutUpstreamKeys(_world, (1, "AAAA"), (2, RootKey));
        PutUpstreamInstance(_world, "i", keyId: 2);
        (await _world.StoreOfAsync("i")).Sk.Should().Be(Clear);
        var before = _world.Get(Key.Instance("i")).ObjInfo[0];
        before.Sk.Should().Be(Sealed, "reading changes nothing");

        await _world.UpdateKeysAsync("i", "other-ak", Clear);

        _world.Get(Key.Instance("i")).ObjInfo[0].EncryptionInfo
            .Should().Be(new EncryptionInfoPB { EncryptionMethod = "AES_256_GCM", KeyId = 1 });
        var after = await _world.StoreOfAsync("i");
        (after.Ak, after.Sk).Should().Be(("other-ak", Clear));
        _world.Holds("other-ak").Should().BeFalse();
    }

    [Fact]
    public async Task Its_own_way_of_sealing_can_be_chosen()
    {
        var world = new SecretWorld(method: UpstreamEcb.Method);
        PutUpstreamKeys(world, (1, "AAAA"), (2, RootKey));
        await world.CreateLegacyInstanceAsync("i");

        await world.UpdateKeysAsync("i", "an-ak", Clear);

        var stored = world.Get(Key.Instance("i")).ObjInfo[0];
        (stored.Ak, stored.Sk).Should().Be(("an-ak", Sealed));
        stored.EncryptionInfo.Should().Be(new EncryptionInfoPB { EncryptionMethod = "AES_256_ECB", KeyId = 2 });
        (await world.StoreOfAsync("i")).Sk.Should().Be(Clear);
        world.KeyIdsInStore().Should().BeEmpty();
        (await _worldOn(world).StoreOfAsync("i")).Sk.Should().Be(Clear, "a server that seals in another way reads it too");

        static SecretWorld _worldOn(SecretWorld other) => new(other.Store);
    }

    [Fact]
    public async Task A_store_without_keys_of_upstream_gets_one_as_upstream_makes_it()
    {
        var world = new SecretWorld(method: UpstreamEcb.Method, source: new TestKeys(SecretKeyring.Empty));
        await Task.WhenAll(world.CreateLegacyInstanceAsync("i"), world.CreateVaultInstanceAsync("v"));

        var item = world.Get(Key.EncryptionKeyInfo())!.Items.Should().ContainSingle().Subject;
        (item.KeyId, item.KmsInfo is null).Should().Be((1, true));
        var key = Convert.FromBase64String(item.Key);
        key.Should().HaveCount(32);
        UpstreamEcb.Open(key, world.Get(Key.StorageVault("v", "1")).ObjInfo.Sk).Should().Be("the-sk");
        UpstreamEcb.Open(key, world.Get(Key.Instance("i")).RamUser.Sk).Should().Be("ram-sk");
    }

    [Fact]
    public async Task A_key_of_upstream_that_is_missing_or_kept_elsewhere_is_named()
    {
        PutUpstreamInstance(_world, "i", keyId: 3);
        (await TabletWorld.Refusal(() => _world.StoreOfAsync("i"), MetaServiceCode.ErrDecpypt))
            .Message.Should().Contain("obj_info/1 of instance i").And.Contain("key 3").And.Contain("encryption_key_info");

        PutUpstreamKeys(_world, (3, "AAAA"));
        await TabletWorld.Refusal(() => _world.StoreOfAsync("i"), MetaServiceCode.ErrDecpypt);

        _world.Change(t => t.Set(Key.EncryptionKeyInfo(), new EncryptionKeyInfoPB
        {
            Items = { new EncryptionKeyInfoPB.Types.Item { KeyId = 3, Key = RootKey, KmsInfo = new() { Region = "r" } } },
        }));
        (await TabletWorld.Refusal(() => _world.StoreOfAsync("i"), MetaServiceCode.ErrDecpypt))
            .Message.Should().Contain("key 3").And.NotContain(RootKey);

        var world = new SecretWorld(_world.Store, method: UpstreamEcb.Method);
        await TabletWorld.Refusal(() => world.CreateVaultInstanceAsync("v"), MetaServiceCode.ErrDecpypt);
        _world.Change(t => t.Set(Key.EncryptionKeyInfo(), new EncryptionKeyInfoPB()));
        await TabletWorld.Refusal(() => world.CreateVaultInstanceAsync("v"), MetaServiceCode.ErrEncrypt);
    }

    [Fact]
    public async Task A_rotation_leads_from_one_way_of_sealing_to_the_other_and_back()
    {
        PutUpstreamKeys(_world, (2, RootKey));
        PutUpstreamInstance(_world, "i", keyId: 2);
        await _world.CreateVaultInstanceAsync("v");

        var (own, _, resealed) = await _world.RotateAsync();
        (own.EncryptionMethod, own.KeyId, resealed).Should().Be(("AES_256_GCM", 1, 1));
        _world.Get(Key.Instance("i")).ObjInfo[0].EncryptionInfo.EncryptionMethod.Should().Be("AES_256_GCM");

        var upstream = new SecretWorld(_world.Store, method: UpstreamEcb.Method);
        var (back, _, resealedBack) = await upstream.RotateAsync();
        (back.EncryptionMethod, back.KeyId, resealedBack).Should().Be(("AES_256_ECB", 2, 2));
        back.RemovableKeyIds.Should().Equal(1);
        upstream.KeyIdsInStore().Should().BeEmpty();
        _world.Get(Key.Instance("i")).ObjInfo[0].Sk.Should().Be(Sealed);
    }

    private static void PutUpstreamKeys(SecretWorld world, params (long Id, string Key)[] keys) => world.Change(t => t.Set(
        Key.EncryptionKeyInfo(),
        new EncryptionKeyInfoPB
        {
            Items = { keys.Select(k => new EncryptionKeyInfoPB.Types.Item { KeyId = k.Id, Key = k.Key }) },
        }));

    private static void PutUpstreamInstance(SecretWorld world, string id, long keyId)
    {
        var store = SecretWorld.ObjInfo("upstream-ak", Sealed, "1");
        store.EncryptionInfo = new EncryptionInfoPB { EncryptionMethod = "AES_256_ECB", KeyId = keyId };
        world.PutClear(Key.Instance(id), new InstanceInfoPB { InstanceId = id, ObjInfo = { store } });
    }
}
