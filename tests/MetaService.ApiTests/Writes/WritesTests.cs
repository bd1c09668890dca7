using Google.Protobuf;
using MetaService.Records.Cloud;

namespace MetaService.ApiTests.Writes;

/// <summary>
/// What the resource endpoints write is, byte for byte, what another implementation was recorded to write: both can work on one
/// store.
/// </summary>
public sealed class WritesTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    // Keys of this service's own, which others do not read.
    private const string OwnSpace = "40";

    public static TheoryData<string> Names() => [.. RecordedWrite.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Writes_what_was_recorded(string name)
    {
        var write = RecordedWrite.All[name];
        var server = fixture.Server;
        var before = write.Changed.ToDictionary(p => p.Key, p => (IMessage)StateBefore.Of(write, (InstanceInfoPB)p.Value));
        await StoreContent.ReplaceAsync(server.Store, before);
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
        foreach (var (key, expected) in write.Added.Concat(write.Changed))
        {
            var actual = expected.Descriptor.Parser.ParseFrom(added.TryGetValue(key, out var value) ? value : changed[key]);
            var got = Normalizer.Actual(actual, started);
            var want = Normalizer.Expected(expected, before.GetValueOrDefault(key));
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

    private static string Hex(IMessage record) => Convert.ToHexStringLower(record.ToByteArray());
}
