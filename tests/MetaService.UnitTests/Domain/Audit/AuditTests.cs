using Google.Protobuf;
using MetaService.Domain;
using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using MetaService.UnitTests.Domain.Secrets;
using Microsoft.Extensions.Time.Testing;
using Operation = MetaService.Records.Cloud.AlterInstanceRequest.Types.Operation;

namespace MetaService.UnitTests.Domain.Audit;

/// <summary>Notes of who changed what.</summary>
public sealed class AuditTests
{
    private readonly SecretWorld _world = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly AuditOptions _options = new();

    private AuditService Audit => new(_world.Runner, _time, _options);

    [Fact]
    public async Task A_change_leaves_one_entry_with_all_records_that_it_wrote()
    {
        await _world.CreateVaultInstanceAsync("i");

        var entry = (await ListAsync("i")).Entries.Should().ContainSingle().Which;

        (entry.Who, entry.Action, entry.RequestId).Should().Be(("somebody", "test", "request-1"));
        entry.Records.Should().OnlyContain(r => r.Before == null);
        entry.Records.Select(r => r.After.RecordCase).Should().Equal(
            RecordStatePB.RecordOneofCase.Instance, RecordStatePB.RecordOneofCase.StorageVault);
        entry.Records[1].After.StorageVault.ObjInfo.Ak.Should().Be("******");
    }

    [Fact]
    public async Task A_refused_change_leaves_none()
    {
        await _world.CreateVaultInstanceAsync("i");

        var again = () => _world.CreateVaultInstanceAsync("i");

        await again.Should().ThrowAsync<MetaServiceException>();
        (await ListAsync("i")).Entries.Should().ContainSingle();
    }

    [Fact]
    public async Task A_change_that_is_made_again_after_a_conflict_leaves_one_entry()
    {
        var runs = 0;
        await AuditedChange.RunAsync(
            _world.Runner,
            ServiceCalls.Somebody,
            _time,
            async (change, token) =>
            {
                var key = Key.Lease("x").Bytes;
                await change.Transaction.GetAsync(key, cancellationToken: token);
                if (runs++ == 0)
                {
                    await _world.Runner.RunAsync(
                        (rival, _) =>
                        {
                            rival.Set(key, new byte[] { 1 });
                            return ValueTask.FromResult(true);
                        },
                        token);
                }

                change.Note("i", new TxnInfoPB { Label = "a" }, new TxnInfoPB { Label = "b" });
                return true;
            },
            default);

        runs.Should().Be(2);
        (await ListAsync("i")).Entries.Should().ContainSingle();
    }

    [Fact]
    public async Task No_secret_gets_into_an_entry_by_any_change()
    {
        const string Canary = "canary";
        await _world.CreateLegacyInstanceAsync("i");
        await _world.CreateStageAsync("i", new StagePB
        {
            StageId = "s",
            Name = "s",
            Type = StagePB.Types.StageType.Internal,
            MysqlUserName = { "u" },
            MysqlUserId = { "u" },
            ObjInfo = SecretWorld.ObjInfo($"{Canary}-stage-ak", $"{Canary}-stage-sk", "1"),
        });
        await _world.UpdateKeysAsync("i", $"{Canary}-ak", $"{Canary}-sk");
        await _world.Stores.AlterIamAsync(
            new AlterIamRequest { AccountId = "a", Ak = $"{Canary}-iam-ak", Sk = $"{Canary}-iam-sk" }, default);
        await _world.Stages.DropStageAsync(
            new DropStageRequest
            {
                CloudUniqueId = "1:i:x",
                Type = StagePB.Types.StageType.Internal,
                MysqlUserName = "u",
                MysqlUserId = "u",
                Reason = "r",
            },
            default);

        var entries = (await ListAsync("i")).Entries.Concat((await ListAsync("")).Entries).ToList();

        entries.Should().HaveCount(5);
        foreach (var record in entries.SelectMany(e => e.Records).SelectMany(r => new[] { r.Before, r.After }).OfType<RecordStatePB>())
        {
            var text = record.ToString();
            text.Should().NotContain(Canary).And.NotContain("the-ak").And.NotContain("ram-sk");
            foreach (var (instanceId, stored) in await StoredSecretsAsync())
            {
                text.Should().NotContain(stored, $"not even sealed: {instanceId}");
            }
        }
    }

    [Fact]
    public async Task Pages_go_from_the_newest_to_the_oldest()
    {
        await _world.CreateVaultInstanceAsync("i");
        await _world.CreateVaultInstanceAsync("other");
        for (var n = 0; n < 6; n++)
        {
            await RenameAsync("i", $"name {n}");
        }

        var names = new List<string>();
        var token = "";
        do
        {
            var page = await Audit.ListAsync("i", token, 3, default);
            page.Entries.Count.Should().BeLessThanOrEqualTo(3);
            names.AddRange(page.Entries.Select(e => e.Records[0].After.Instance.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        names.Should().Equal("name 5", "name 4", "name 3", "name 2", "name 1", "name 0", "n");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00")]
    [InlineData("zz000000000000000000")]
    public async Task A_token_of_another_kind_is_refused(string token)
    {
        var list = () => Audit.ListAsync("i", token, 3, default);

        (await list.Should().ThrowAsync<MetaServiceException>()).WithMessage("page_token*");
    }

    [Fact]
    public async Task Entries_are_forgotten_when_their_time_has_come_and_not_before()
    {
        await _world.CreateVaultInstanceAsync("i");
        await _world.UpdateIamAsync();
        _time.Advance(_options.Retention - TimeSpan.FromMinutes(5));
        (await Audit.ForgetAsync("i", default)).Should().Be(0);

        _time.Advance(TimeSpan.FromMinutes(10));
        (await Audit.ForgetAsync("i", default)).Should().Be(1);
        (await Audit.ForgetAsync("i", default)).Should().Be(0);
        (await ListAsync("i")).Entries.Should().BeEmpty();
        (await ListAsync("")).Entries.Should().ContainSingle();
        (await Audit.ForgetAsync("", default)).Should().Be(1);
    }

    [Fact]
    public void An_entry_is_due_when_its_time_has_come_or_it_cannot_be_read()
    {
        var entry = new AuditEntryPB { TimeMs = (_time.GetUtcNow() - _options.Retention).ToUnixTimeMilliseconds() };
        Audit.IsDue(new KvPair([1], entry.ToByteArray())).Should().BeFalse();
        entry.TimeMs--;
        Audit.IsDue(new KvPair([1], entry.ToByteArray())).Should().BeTrue();
        Audit.IsDue(new KvPair([1], [0xFF])).Should().BeTrue();
    }

    [Fact]
    public async Task Many_old_entries_are_forgotten_in_bounded_steps()
    {
        await _world.CreateVaultInstanceAsync("i");
        for (var n = 0; n < 520; n++)
        {
            await RenameAsync("i", $"name {n}");
        }

        _time.Advance(_options.Retention + TimeSpan.FromMinutes(5));
        var steps = new List<int>();
        while (steps.LastOrDefault(1) > 0)
        {
            steps.Add(await Audit.ForgetAsync("i", default));
        }

        steps.Should().Equal(501, 20, 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(7_000)]
    public async Task Records_of_any_length_are_in_an_entry_as_they_were(int length)
    {
        var (before, after) = (new TxnInfoPB { Label = new string('a', length) }, new TxnInfoPB { Label = new string('b', length) });
        await _world.CreateVaultInstanceAsync("i");
        await NoteAsync(change =>
        {
            change.Note("i", before, after);
            change.Note("i", null, after);
            change.Note("i", before, null);
        });

        var records = (await ListAsync("i")).Entries[0].Records;

        records.Select(record => (record.Before?.Txn, record.After?.Txn)).Should()
            .Equal((before, after), (null, after), (before, null));
    }

    [Fact]
    public async Task What_would_make_an_entry_too_long_is_left_out_and_counted()
    {
        await _world.CreateVaultInstanceAsync("i");
        await NoteAsync(change =>
            change.Note("i", new TxnInfoPB { Label = "a" }, new TxnInfoPB { Label = new string('b', AuditedChange.MaxBytes) }));

        var record = (await ListAsync("i")).Entries[0].Records.Should().ContainSingle().Which;

        record.Before.Should().BeNull();
        record.After.Should().BeNull();
        record.OmittedBytes.Should().BeGreaterThan(AuditedChange.MaxBytes);
    }

    private Task NoteAsync(Action<AuditedChange> note) => AuditedChange.RunAsync(
        _world.Runner,
        ServiceCalls.Somebody,
        _time,
        (change, _) =>
        {
            note(change);
            return ValueTask.FromResult(true);
        },
        default);

    private Task RenameAsync(string instanceId, string name) => _world.Instances.AlterAsync(
        new AlterInstanceRequest { InstanceId = instanceId, Op = Operation.Rename, Name = name }, default);

    private Task<AuditResponse> ListAsync(string instanceId) => Audit.ListAsync(instanceId, "", AuditService.MaxPage, default);

    private async Task<List<(string InstanceId, string Secret)>> StoredSecretsAsync()
    {
        using var reader = _world.Store.BeginRead();
        var instance = await reader.GetAsync(Key.Instance("i"));
        return
        [
            .. instance!.ObjInfo.SelectMany(o => new[] { o.Ak, o.Sk }).Concat([instance.RamUser.Ak, instance.RamUser.Sk])
                .Select(secret => ("i", secret)),
        ];
    }
}
