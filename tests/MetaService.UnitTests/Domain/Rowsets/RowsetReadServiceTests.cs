using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using CloudTabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;
using IndexPB = MetaService.Records.Olap.TabletIndexPB;
using SchemaOp = MetaService.Records.Cloud.GetRowsetRequest.Types.SchemaOp;

namespace MetaService.UnitTests.Domain.Rowsets;

public sealed class RowsetReadServiceTests : IAsyncLifetime
{
    private readonly TabletWorld _world = new();

    public Task InitializeAsync() => _world.CreateAsync(50001);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_versions_asked_for_are_read_with_schemas_and_statistics()
    {
        await _world.LoadAsync("a");
        await _world.LoadAsync("b");
        var response = await GetAsync(r => { });
        response.RowsetMeta.Select(r => r.EndVersion).Should().Equal(1, 2, 3);
        response.RowsetMeta.Should().OnlyContain(r => r.TabletSchema.Column.Count == 2 && r.IndexId == 30001);
        response.Stats.Should().Be(await _world.StatsOfAsync());
        (await GetAsync(r => (r.StartVersion, r.EndVersion) = (2, 2))).RowsetMeta.Should().ContainSingle();
        (await GetAsync(r => (r.StartVersion, r.EndVersion) = (4, -1))).RowsetMeta.Should().BeEmpty();
        (await GetAsync(r => r.Idx = new CloudTabletIndexPB { TabletId = 50001 })).RowsetMeta.Should().HaveCount(3);
    }

    // The tablet has rowsets ending in versions 1 to 9, its cumulative point is 6, and it had two compactions of each kind.
    [Theory]
    [InlineData(2, 2, 6, 10, -1, "")]
    [InlineData(2, 2, 6, 8, -1, "8,9")]
    [InlineData(2, 2, 6, 3, 4, "3,4")]
    [InlineData(1, 2, 6, 10, -1, "1,2,3,4,5")]
    [InlineData(0, 2, 6, 6, 7, "1,2,3,4,5,6,7")]
    [InlineData(2, 1, 3, 10, -1, "3,4,5")]
    [InlineData(2, 1, 6, 10, -1, "6,7,8,9")]
    [InlineData(2, 0, 4, 10, -1, "4,5,6,7,8,9")]
    [InlineData(1, 1, 3, 9, 9, "1,2,3,4,5,9")]
    [InlineData(1, 0, 0, 9, 9, "1,2,3,4,5,6,7,8,9")]
    public async Task What_compactions_changed_is_read_again(
        long bases, long cumulatives, long point, long start, long end, string expected)
    {
        Compacted();
        for (var version = 2; version <= 9; version++)
        {
            var rowset = TabletWorld.Rowset($"v{version}", 1).RowsetMeta;
            (rowset.StartVersion, rowset.EndVersion) = (version, version);
            _world.Put(Key.MetaRowset("x1", 50001, version), rowset);
        }

        var response = await GetAsync(r =>
        {
            (r.BaseCompactionCnt, r.CumulativeCompactionCnt, r.CumulativePoint) = (bases, cumulatives, point);
            (r.StartVersion, r.EndVersion) = (start, end);
        });

        string.Join(',', response.RowsetMeta.Select(r => r.EndVersion)).Should().Be(expected);
    }

    public static TheoryData<string, Action<GetRowsetRequest>> Spoiled => new()
    {
        { "no tablet", r => r.Idx = null },
        { "tablet 0", r => r.Idx = new CloudTabletIndexPB() },
        { "no base count", r => r.ClearBaseCompactionCnt() },
        { "no cumulative count", r => r.ClearCumulativeCompactionCnt() },
        { "no point", r => r.ClearCumulativePoint() },
        { "least count", r => r.BaseCompactionCnt = long.MinValue },
        { "base count ahead", r => r.BaseCompactionCnt = 1 },
        { "cumulative count ahead", r => r.CumulativeCompactionCnt = 1 },
        { "full count ahead", r => r.FullCompactionCnt = 1 },
        { "point ahead", r => r.CumulativePoint = 3 },
        { "least start", r => r.StartVersion = long.MinValue },
        { "inverted", r => (r.StartVersion, r.EndVersion) = (5, 4) },
        { "unknown schema_op", r => r.SchemaOp = (SchemaOp)9 },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_request_is_refused(string what, Action<GetRowsetRequest> spoil) =>
        (await TabletWorld.Refusal(() => GetAsync(spoil), MetaServiceCode.InvalidArgument)).Message.Should().NotBeEmpty(what);

    [Fact]
    public async Task Unknown_and_dropped_tablets_are_not_found()
    {
        await TabletWorld.Refusal(() => GetAsync(r => r.Idx = TabletWorld.Idx(9)), MetaServiceCode.TabletNotFound);
        var drop = new IndexRequest { CloudUniqueId = TabletWorld.Node, IndexIds = { 30001 }, TableId = 20001 };
        await _world.Indexes.DropIndexAsync(drop, default);
        await TabletWorld.Refusal(() => GetAsync(r => { }), MetaServiceCode.TabletNotFound);
    }

    [Fact]
    public async Task Subcolumns_of_variants_go_through_the_dictionary()
    {
        var ask = new GetSchemaDictRequest { CloudUniqueId = TabletWorld.Node, IndexId = 30001 };
        await TabletWorld.Refusal(() => _world.RowsetReads.GetSchemaDictAsync(ask, default), MetaServiceCode.SchemaDictNotFound);
        var first = await LoadVariantAsync("a", "x", "y");
        await LoadVariantAsync("b", "y", "z");

        var dictionary = (await _world.RowsetReads.GetSchemaDictAsync(ask, default)).SchemaDict;
        dictionary.ColumnDict.Values.Select(c => c.Name).Should().BeEquivalentTo("sparse", "x", "y", "z");
        dictionary.IndexDict.Should().ContainSingle();

        var filled = (await GetAsync(r => r.StartVersion = 2)).RowsetMeta;
        filled[0].TabletSchema.Should().Be(first);
        filled[1].TabletSchema.Column.Select(c => c.Name).Should().Equal("v", "y", "z");
        var returned = await GetAsync(r => (r.StartVersion, r.SchemaOp) = (2, SchemaOp.ReturnDict));
        returned.SchemaDict.Should().Be(dictionary);
        returned.RowsetMeta[0].TabletSchema.Column.Select(c => c.Name).Should().Equal("v");
        returned.RowsetMeta[0].SchemaDictKeyList.ColumnDictKeyList.Should().HaveCount(2);
        (await GetAsync(r => (r.StartVersion, r.SchemaOp) = (2, SchemaOp.NoDict))).SchemaDict.Should().BeNull();
    }

    private async Task<TabletSchemaCloudPB> LoadVariantAsync(string label, params string[] subcolumns)
    {
        var schema = new TabletSchemaCloudPB { SchemaVersion = 5 };
        var variant = new ColumnPB { UniqueId = 1, Name = "v", Type = "VARIANT" };
        variant.SparseColumns.Add(new ColumnPB { UniqueId = -1, Name = "sparse", Type = "INT", ParentUniqueId = 1 });
        schema.Column.Add(variant);
        schema.Column.Add(
            subcolumns.Select(name => new ColumnPB { UniqueId = -1, Name = name, Type = "INT", ParentUniqueId = 1 }));
        schema.Index.Add(new IndexPB { IndexId = 1, IndexName = "i" });
        schema.Index.Add(new IndexPB { IndexId = 1, IndexName = "i", IndexSuffixName = "s" });
        var request = TabletWorld.Rowset(label, await _world.BeginAsync(label));
        request.RowsetMeta.HasVariantTypeInSchema = true;
        request.RowsetMeta.TabletSchema = schema.Clone();
        await _world.WriteRowsetAsync(request);
        await _world.Txns.CommitTxnAsync(
            new CommitTxnRequest { CloudUniqueId = TabletWorld.Node, DbId = 10001, TxnId = request.RowsetMeta.TxnId });
        return schema;
    }

    private void Compacted()
    {
        var key = Key.StatsTablet("x1", TabletWorld.Idx());
        var stats = _world.Get(key)!;
        (stats.BaseCompactionCnt, stats.CumulativeCompactionCnt, stats.CumulativePoint) = (2, 2, 6);
        _world.Put(key, stats);
    }

    private Task<GetRowsetResponse> GetAsync(Action<GetRowsetRequest> change)
    {
        var request = new GetRowsetRequest
        {
            CloudUniqueId = TabletWorld.Node,
            Idx = TabletWorld.Idx(),
            StartVersion = 0,
            EndVersion = -1,
            BaseCompactionCnt = 0,
            CumulativeCompactionCnt = 0,
            CumulativePoint = 2,
        };
        change(request);
        return _world.RowsetReads.GetRowsetAsync(request, default);
    }
}
