using MetaService.Domain.Versions;
using MetaService.Keys;
using MetaService.Records.Cloud;

namespace MetaService.UnitTests.Domain.Versions;

public sealed class VersionServiceTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Fact]
    public async Task A_partition_has_a_version_from_its_first_load_on()
    {
        await _world.CreateAsync(50001);
        await TabletWorld.Refusal(() => _world.Versions.GetVersionAsync(One(), default), MetaServiceCode.VersionNotFound);
        await _world.LoadAsync("a");
        var response = await _world.Versions.GetVersionAsync(One(), default);
        response.Version.Should().Be(2);
        response.VersionUpdateTimeMs.Should().Equal(TabletWorld.Start * 1000);
    }

    [Fact]
    public async Task Many_are_read_at_once_and_the_missing_ones_are_minus_1()
    {
        await _world.CreateAsync(50001);
        await _world.LoadAsync("a");
        var request = new GetVersionRequest { CloudUniqueId = TabletWorld.Node, BatchMode = true };
        request.DbIds.Add([10001, 10001]);
        request.TableIds.Add([20001, 20001]);
        request.PartitionIds.Add([40009, 40001]);
        (await _world.Versions.GetVersionAsync(request, default)).Versions.Should().Equal(-1, 2);
        request.IsTableVersion = true;
        (await _world.Versions.GetVersionAsync(request, default)).Versions.Should().Equal(1, 1);
    }

    [Fact]
    public async Task Waiting_makes_pending_transactions_visible_first()
    {
        var key = Key.PartitionVersion("x1", 10001, 20001, 40001);
        _world.Put(key, new VersionPB { PendingTxnIds = { 77, 78 } });
        var finished = new List<long>();
        var versions = new VersionService(
            _world.Runner,
            (instanceId, txnId, _) =>
            {
                instanceId.Should().Be("x1");
                finished.Add(txnId);
                _world.Put(key, new VersionPB { Version = finished.Count + 1 });
                return Task.CompletedTask;
            });
        await TabletWorld.Refusal(() => versions.GetVersionAsync(One(), default), MetaServiceCode.VersionNotFound);
        var request = One();
        request.WaitForPendingTxn = true;
        (await versions.GetVersionAsync(request, default)).Version.Should().Be(3);
        finished.Should().Equal(77, 78);
    }

    public static TheoryData<string, Action<GetVersionRequest>> Spoiled => new()
    {
        { "no db", r => r.ClearDbId() },
        { "least table", r => r.TableId = long.MinValue },
        { "no partition", r => r.ClearPartitionId() },
        { "empty batch", r => r.BatchMode = true },
        { "uneven batch", r =>
            {
                r.BatchMode = true;
                r.DbIds.Add(1);
            }
        },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_request_is_refused(string what, Action<GetVersionRequest> spoil)
    {
        var request = One();
        spoil(request);
        (await TabletWorld.Refusal(() => _world.Versions.GetVersionAsync(request, default), MetaServiceCode.InvalidArgument))
            .Message.Should().NotBeEmpty(what);
    }

    private static GetVersionRequest One() =>
        new() { CloudUniqueId = TabletWorld.Node, DbId = 10001, TableId = 20001, PartitionId = 40001 };
}
