using MetaService.Keys;
using MetaService.Records.Cloud;
using AccessType = MetaService.Records.Cloud.StagePB.Types.StageAccessType;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.UnitTests.Domain.Stages;

public sealed class StageServiceTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Fact]
    public async Task An_internal_stage_lies_in_the_instances_store_below_its_user()
    {
        await CreateAsync(Internal("s1", "admin", "u1"));
        var stage = (await GetAsync(StageType.Internal, user: "admin", userId: "u1")).Stage.Single();
        (stage.ObjInfo.Prefix, stage.ObjInfo.Ak, stage.ObjInfo.Id).Should().Be(("p/stage/admin/u1", "ak", "1"));
        _world.Get(Key.Instance("x1"))!.Stages.Single().ObjInfo.HasAk.Should().BeFalse();

        var former = await TabletWorld.Refusal(
            () => GetAsync(StageType.Internal, user: "admin", userId: "u2"), MetaServiceCode.StateAlreadyExistedForUser);
        ((GetStageResponse)former.PartialResponse!).Stage.Single().StageId.Should().Be("s1");
        await TabletWorld.Refusal(() => GetAsync(StageType.Internal, user: "bob", userId: "u1"), MetaServiceCode.StageNotFound);
        await TabletWorld.Refusal(() => GetAsync(StageType.Internal, userId: "u1"), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task A_user_a_name_and_an_id_have_one_stage()
    {
        await CreateAsync(Internal("s1", "admin", "u1"));
        await CreateAsync(External("s2", "ext"));
        await TabletWorld.Refusal(() => CreateAsync(Internal("s3", "admin", "u3")), MetaServiceCode.AlreadyExisted);
        await TabletWorld.Refusal(() => CreateAsync(Internal("s3", "bob", "u1")), MetaServiceCode.AlreadyExisted);
        await TabletWorld.Refusal(() => CreateAsync(External("s3", "ext")), MetaServiceCode.AlreadyExisted);
        await TabletWorld.Refusal(() => CreateAsync(External("s1", "ext2")), MetaServiceCode.AlreadyExisted);
    }

    [Fact]
    public async Task External_stages_are_found_by_name_or_all_at_once()
    {
        await TabletWorld.Refusal(() => GetAsync(StageType.External), MetaServiceCode.StageNotFound);
        await CreateAsync(External("s1", "e1"));
        await CreateAsync(External("s2", "e2"));
        (await GetAsync(StageType.External)).Stage.Select(s => s.Name).Should().Equal("e1", "e2");
        (await GetAsync(StageType.External, name: "e2")).Stage.Single().ObjInfo.Sk.Should().Be("secret");
        await TabletWorld.Refusal(() => GetAsync(StageType.External, name: "e3"), MetaServiceCode.StageNotFound);
    }

    [Fact]
    public async Task Stages_accessed_by_role_or_policy_get_the_services_keys()
    {
        _world.Put(Key.ArnInfo(), new RamUserPB { Ak = "iam-ak", Sk = "iam-sk" });
        var byRole = External("s1", "role");
        (byRole.AccessType, byRole.RoleName, byRole.Arn) = (AccessType.Iam, "r", "arn");
        await CreateAsync(byRole);
        var stage = (await GetAsync(StageType.External, name: "role")).Stage.Single();
        (stage.ObjInfo.Ak, stage.ObjInfo.Sk, stage.ExternalId).Should().Be(("iam-ak", "iam-sk", "x1"));

        var instance = _world.Get(Key.Instance("x1"))!;
        instance.RamUser = new RamUserPB { Ak = "ram-ak", Sk = "ram-sk" };
        _world.Put(Key.Instance("x1"), instance);
        var byPolicy = External("s2", "policy");
        byPolicy.AccessType = AccessType.BucketAcl;
        await CreateAsync(byPolicy);
        (await GetAsync(StageType.External, name: "policy")).Stage.Single().ObjInfo.Ak.Should().Be("ram-ak");
    }

    [Fact]
    public async Task Of_a_dropped_stage_only_an_internal_one_leaves_files_to_remove()
    {
        await CreateAsync(Internal("s1", "admin", "u1"));
        await CreateAsync(External("s2", "ext"));
        await DropAsync(new DropStageRequest { Type = StageType.Internal, MysqlUserId = "u1", Reason = "gone" });
        await DropAsync(new DropStageRequest { Type = StageType.External, StageName = "ext" });
        var recycled = _world.Get(Key.RecycleStage("x1", "s1"))!;
        (recycled.InstanceId, recycled.Reason, recycled.Stage.StageId).Should().Be(("x1", "gone", "s1"));
        _world.Get(Key.RecycleStage("x1", "s2")).Should().BeNull();
        _world.Get(Key.Instance("x1"))!.Stages.Should().BeEmpty();
        await TabletWorld.Refusal(
            () => DropAsync(new DropStageRequest { Type = StageType.External, StageName = "ext" }),
            MetaServiceCode.StageNotFound);
        await TabletWorld.Refusal(() => DropAsync(new DropStageRequest { StageName = "ext" }), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task There_are_at_most_40()
    {
        for (var i = 0; i < 40; i++)
        {
            await CreateAsync(External($"s{i}", $"e{i}"));
        }

        await TabletWorld.Refusal(() => CreateAsync(External("s40", "e40")), MetaServiceCode.InvalidArgument);
        _world.Get(Key.Instance("x1"))!.Stages.Should().HaveCount(40);
    }

    public static TheoryData<string, Action<StagePB>> Spoiled => new()
    {
        { "no type", s => s.ClearType() },
        { "unknown type", s => s.Type = (StageType)7 },
        { "no id", s => s.StageId = "" },
        { "no name", s => s.Name = "" },
        { "no store", s => s.ObjInfo = null },
        { "no ak", s => s.ObjInfo.Ak = "" },
        { "no bucket", s => s.ObjInfo.Bucket = "" },
        { "unknown access", s => s.AccessType = (AccessType)9 },
        { "role without arn", s => s.AccessType = AccessType.Iam },
        { "comment over 4 kB", s => s.Comment = new string('x', 5000) },
        { "user missing", s => s.Type = StageType.Internal },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_stage_is_refused(string what, Action<StagePB> spoil)
    {
        var stage = External("s1", "ext");
        spoil(stage);
        var refusal = await TabletWorld.Refusal(() => CreateAsync(stage), MetaServiceCode.InvalidArgument);
        refusal.Message.Should().NotContain("secret", what);
    }

    [Fact]
    public async Task A_dropped_instance_takes_no_stages()
    {
        var request = new CreateStageRequest { CloudUniqueId = "1:dropped:be", Stage = External("s1", "e1") };
        await TabletWorld.Refusal(() => _world.Stages.CreateStageAsync(request, default), MetaServiceCode.ClusterNotFound);
    }

    private static StagePB Internal(string id, string user, string userId) =>
        new() { Type = StageType.Internal, StageId = id, MysqlUserName = { user }, MysqlUserId = { userId } };

    private static StagePB External(string id, string name) => new()
    {
        Type = StageType.External,
        StageId = id,
        Name = name,
        ObjInfo = new ObjectStoreInfoPB { Ak = "a", Sk = "secret", Bucket = "b", Endpoint = "e", Prefix = "/x/" },
    };

    private Task CreateAsync(StagePB stage) =>
        _world.Stages.CreateStageAsync(new CreateStageRequest { CloudUniqueId = TabletWorld.Node, Stage = stage }, default);

    private Task<GetStageResponse> GetAsync(StageType type, string name = "", string user = "", string userId = "") =>
        _world.Stages.GetStageAsync(
            new GetStageRequest
            {
                CloudUniqueId = TabletWorld.Node,
                Type = type,
                StageName = name,
                MysqlUserName = user,
                MysqlUserId = userId,
            },
            default);

    private Task DropAsync(DropStageRequest request)
    {
        request.CloudUniqueId = TabletWorld.Node;
        return _world.Stages.DropStageAsync(request, default);
    }
}
