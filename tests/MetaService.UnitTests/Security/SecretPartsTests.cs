using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.UnitTests.Security;

/// <summary>Nothing that holds ak and sk is forgotten, and nothing of it can be written but sealed.</summary>
public sealed class SecretPartsTests
{
    [Fact]
    public void Every_record_with_keys_in_it_has_a_key_that_only_seals()
    {
        // What the audit keeps of these records is masked; AuditTests hold it to that.
        var withSecrets = KeySpace.All
            .Where(d => d.Value.RecordType is { } type && Reaches(type) && d != KeySpace.Audit).ToList();

        withSecrets.Select(d => d.Name).Should().BeEquivalentTo(
            KeySpace.Instance.Name, KeySpace.StorageVault.Name, KeySpace.RecycleStage.Name, KeySpace.ArnInfo.Name);
        foreach (var definition in withSecrets)
        {
            var factory = typeof(Key).GetMethods().Single(
                m => m.ReturnType.GenericTypeArguments is [var record] && record == definition.Value.RecordType!.ClrType);
            factory.ReturnType.Name.Should().Be("SecretRecordKey`1", factory.Name);
        }
    }

    [Fact]
    public async Task A_key_from_a_scan_does_not_let_a_clear_record_in()
    {
        await using var store = new InMemoryKvStore(TimeProvider.System);
        using var transaction = store.BeginTransaction();
        transaction.SetClear(Key.Instance("i"), new InstanceInfoPB { InstanceId = "i" });
        var (found, _) = await transaction.GetRangeAsync(KeyRanges.Instances());

        var write = () => transaction.Set(found[0].Key, found[0].Record);

        write.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Every_pair_of_an_instance_is_found_in_a_place_of_its_own()
    {
        var instance = new InstanceInfoPB
        {
            ObjInfo = { Store("1"), Store("2") },
            RamUser = new RamUserPB { Ak = "a" },
            IamUser = new RamUserPB { Ak = "a" },
            Stages = { new StagePB { StageId = "s1", ObjInfo = Store("1") }, new StagePB { StageId = "s2" } },
        };

        Places(Key.Instance("i"), instance).Should().Equal(
            "i obj_info/1/ak", "i obj_info/1/sk", "i obj_info/2/ak", "i obj_info/2/sk", "i ram_user/ak", "i ram_user/sk",
            "i iam_user/ak", "i iam_user/sk", "i stage/s1/ak", "i stage/s1/sk");
        Places(Key.StorageVault("i", "2"), new StorageVaultPB { ObjInfo = Store("x") })
            .Should().Equal("i storage_vault/2/ak", "i storage_vault/2/sk");
        Places(Key.RecycleStage("i", "s"), new RecycleStagePB { Stage = new StagePB { ObjInfo = Store("x") } })
            .Should().Equal("i recycle_stage/s/ak", "i recycle_stage/s/sk");
        Places(Key.ArnInfo(), new RamUserPB()).Should().Equal(" arn_info/ak", " arn_info/sk");
        Places(Key.StorageVault("i", "2"), new StorageVaultPB { HdfsInfo = new HdfsVaultInfo() }).Should().BeEmpty();
        SecretParts.Of(Key.Instance("i"), instance, InstanceSecrets.Stages).Select(p => p.Id).Should().Equal("s1");
        SecretParts.Of(Key.Instance("i"), instance, InstanceSecrets.None).Should().BeEmpty();

        // Whatever else an instance may come to hold is noticed here.
        CountPairs(InstanceInfoPB.Descriptor).Should().Be(4);
    }

    private static ObjectStoreInfoPB Store(string id) => new() { Id = id, Ak = "a", Sk = "s" };

    private static IEnumerable<string> Places<T>(SecretRecordKey<T> key, T record)
        where T : class, IMessage<T>, new() =>
        SecretParts.Of(key, record).SelectMany(p => new[] { $"{p.InstanceId} {p.AkPlace}", $"{p.InstanceId} {p.SkPlace}" });

    private static bool IsPair(MessageDescriptor type) => type.ClrType?.IsAssignableTo(typeof(IAccessKeyPair)) == true;

    private static bool Reaches(MessageDescriptor type) => IsPair(type) || CountPairs(type) > 0;

    /// <summary>The fields with a pair of keys in a record and in the records inside it.</summary>
    private static int CountPairs(MessageDescriptor type, int depth = 0) => depth > 8 ? 0 : type.Fields.InDeclarationOrder()
        .Where(f => f.FieldType == FieldType.Message)
        .Sum(f => IsPair(f.MessageType) ? 1 : CountPairs(f.MessageType, depth + 1));
}
