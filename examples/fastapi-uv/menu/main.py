"""A noodle shop's menu as an API."""

from fastapi import APIRouter, FastAPI

DISHES = {"soba": 900, "udon": 850, "ramen": 1000}

router = APIRouter(prefix="/dishes")


@router.get("")
async def dishes() -> dict[str, int]:
    return DISHES


app = FastAPI(title="毎度あり")
app.include_router(router)


@app.get("/")
async def index() -> dict[str, str]:
    return {"greeting": "毎度あり"}


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
