using System.Text;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.ApiTests.Writes;

/// <summary>
/// What the resource endpoints write is, byte for byte, what another implementation was recorded to write: both can work on one
/// store.
/// </summary>
public sealed class WritesTests(MemoryServer fixture, WritesTests.UpstreamMethodServer upstreamFixture)
    : IClassFixture<MemoryServer>, IClassFixture<WritesTests.UpstreamMethodServer>
{
    // Keys of this service's own, which others do not read.
    private const string OwnSpace = "40";

    /// <summary>The key that the recorded secrets are sealed with.</summary>
    private static readonly EncryptionKeyInfoPB RecordedKeys = new()
    {
        Items =
        {
            new EncryptionKeyInfoPB.Types.Item
            {
                KeyId = 1, Key = Convert.ToBase64String(Encoding.ASCII.GetBytes("selectdbselectdbselectdbselectdb")),
            },
        },
    };

    public static TheoryData<string> Names() => [.. RecordedWrite.All.Keys];

    /// <summary>Sealed as upstream does it, secrets and all are the same.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Writes_what_was_recorded(string name)
    {
        foreach (var (key, written, recorded) in await ReplayAsync(upstreamFixture.Server, name))
        {
            Hex(written).Should().Be(Hex(recorded), $"{key} should hold\n{recorded}\nand holds\n{written}\n");
        }
    }

    /// <summary>Sealed in our own way, the record is the same but for that, and so is what is inside.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Writes_the_same_when_it_seals_in_its_own_way(string name)
    {
        var server = fixture.Server;
        foreach (var (key, written, recorded) in await ReplayAsync(server, name))
        {
            PairsOf(written).Where(pair => pair.HasSecrets() && !pair.IsSealed()).Should().BeEmpty();
            var got = await TestSecrets.OpenedAsync(server.Secrets, server.Store, key, written);
            var want = await TestSecrets.OpenedAsync(server.Secrets, server.Store, key, recorded);
            PairsOf(got).Select(pair => (pair.Ak, pair.Sk)).Should().Equal(PairsOf(want).Select(pair => (pair.Ak, pair.Sk)));
            Hex(got).Should().Be(Hex(want), $"{key} should hold\n{want}\nand holds\n{got}\n");
        }
    }

    [Fact]
    public void The_comparison_notices_a_time_that_should_not_have_changed()
    {
        var stored = new ObjectStoreInfoPB { Id = "1", Ctime = 5, Mtime = 6 };
        var before = new InstanceInfoPB { InstanceId = "i", ObjInfo = { stored } };
        var after = before.Clone();
        after.ObjInfo[0].Mtime = 7;

        var rewritten = after.Clone();
        rewritten.ObjInfo[0].Ctime = 8;
        rewritten.ObjInfo[0].Mtime = 8;
        var right = before.Clone();
        right.ObjInfo[0].Mtime = 8;

        Normalizer.Actual(right, 8).Should().Be(Normalizer.Expected(after, before));
        Normalizer.Actual(rewritten, 8).Should().NotBe(Normalizer.Expected(after, before));
        Normalizer.Actual(before, 8).Should().NotBe(Normalizer.Expected(after, before));
    }

    /// <summary>
    /// Sends a recorded request and returns the records that it wrote beside those that it should have written.
    /// </summary>
    private static async Task<List<(string Key, IMessage Written, IMessage Recorded)>> ReplayAsync(
        InProcessServer server, string name)
    {
        var write = RecordedWrite.All[name];
        var before = write.Changed.ToDictionary(p => p.Key, p => (IMessage)StateBefore.Of(write, (InstanceInfoPB)p.Value));
        await StoreContent.ReplaceAsync(
            server.Store, before.Append(new(Convert.ToHexStringLower(Key.EncryptionKeyInfo().Bytes), RecordedKeys)));
        var old = await StoreContent.AllAsync(server.Store);
        var started = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        (await server.Api.PutAsync(write.Endpoint, write.Body)).ShouldBeOk();

        var found = (await StoreContent.AllAsync(server.Store))
            .Where(p => !p.Key.StartsWith(OwnSpace, StringComparison.Ordinal)).ToList();
        var added = found.Where(p => !old.ContainsKey(p.Key)).ToDictionary();
        var changed = found.Where(p => old.TryGetValue(p.Key, out var value) && !value.SequenceEqual(p.Value)).ToDictionary();
        var removed = old.Keys.Except(found.Select(p => p.Key));

        removed.Should().BeEquivalentTo(write.Removed);
        added.Keys.Should().BeEquivalentTo(write.Added.Keys);
        changed.Keys.Should().BeEquivalentTo(write.Changed.Keys);
        return
        [
            .. write.Added.Concat(write.Changed).Select(p => (
                p.Key,
                Normalizer.Actual(p.Value.Descriptor.Parser.ParseFrom(added.GetValueOrDefault(p.Key) ?? changed[p.Key]), started),
                Normalizer.Expected(p.Value, before.GetValueOrDefault(p.Key)))),
        ];
    }

    private static IEnumerable<IAccessKeyPair> PairsOf(IMessage record) => (record switch
    {
        InstanceInfoPB instance => SecretParts.Of(Key.Instance(instance.InstanceId), instance),
        StorageVaultPB vault => SecretParts.Of(Key.StorageVault("", vault.Id), vault),
        _ => throw new NotSupportedException(record.Descriptor.Name),
    }).Select(part => part.Keys);

    private static string Hex(IMessage record) => Convert.ToHexStringLower(record.ToByteArray());

    /// <summary>A server that seals as upstream does.</summary>
    public sealed class UpstreamMethodServer() : ServerFixture("memory", options => options.Secrets.Method = UpstreamEcb.Method);
}
